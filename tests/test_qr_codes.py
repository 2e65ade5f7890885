"""QR codes as a phone reads them."""

import base64
import re

import zxingcpp
from PIL import Image

from clinic.qr_codes import qr_code, qr_modules

ADDRESS = "https://clinic.example/t/7vJ2q0bYx1sQmT5cN8dLwA"
QUIET, DOT = 4, 3


def scan(dark: set[tuple[int, int]], size: int) -> list[tuple[str, str]]:
    """(text, level of correction) of every code on paper of `size` modules."""
    paper = Image.new("L", (size, size), 255)
    for place in dark:
        paper.putpixel(place, 0)
    found = zxingcpp.read_barcodes(paper.resize((size * DOT, size * DOT), Image.Resampling.NEAREST))
    return [(code.text, code.ec_level) for code in found]


def test_a_phone_reads_the_modules() -> None:
    rows = qr_modules(ADDRESS)
    dark = {(x + QUIET, y + QUIET) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark}
    assert scan(dark, len(rows) + 2 * QUIET) == [(ADDRESS, "M")]


def test_a_phone_reads_the_image_and_its_quiet_zone_is_there() -> None:
    kind, _, data = qr_code(ADDRESS).partition(",")
    svg = base64.b64decode(data).decode()
    size = int(re.findall(r'<svg width="(\d+)"', svg)[0])
    rectangles = [tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", svg)]
    dark = {(x + dx, y + dy) for x, y, width, height in rectangles for dx in range(width) for dy in range(height)}
    assert kind == "data:image/svg+xml;base64"
    assert scan(dark, size) == [(ADDRESS, "M")]
    assert min(min(x, y, size - 1 - x, size - 1 - y) for x, y in dark) == QUIET
