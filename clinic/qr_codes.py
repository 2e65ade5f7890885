"""QR codes (ISO/IEC 18004): as an image for pages, as dark modules for whoever draws them."""

import base64
from typing import Any

import zxingcpp

# Still reads with a seventh of it torn or smudged.
CORRECTION = "M"


def _symbol(text: str) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION)


def qr_code(text: str) -> str:
    """A QR code as the source of an image: black on white, with its quiet zone."""
    svg = _symbol(text).to_svg()
    # Without the XML prolog: it would make every ticket a few hundred bytes longer.
    return "data:image/svg+xml;base64," + base64.b64encode(svg[svg.index("<svg") :].encode()).decode()


def qr_modules(text: str) -> list[list[bool]]:
    """Rows of modules, true where dark, without the quiet zone."""
    image: Any = _symbol(text).to_image(add_quiet_zones=False)
    rows: Any = memoryview(image).tolist()
    return [[shade == 0 for shade in row] for row in rows]
