"""The slip of an appointment as PDF, 80 mm wide as receipt printers print."""

import io
from dataclasses import dataclass

from reportlab.lib.units import mm

from clinic.patients.printing.codes import bars
from clinic.patients.printing.pdf import draw_code, new_canvas
from clinic.patients.printing.writing import write

WIDTH, HEIGHT = 80, 90
MARGIN = 5 * mm


@dataclass(frozen=True)
class Slip:
    """The texts of a slip; `number` is the MRN that its barcode holds."""

    clinic: str
    name: str
    day: str
    time: str
    what: str
    where: str
    number: str


def make_slip(slip: Slip) -> bytes:
    """One page."""
    file = io.BytesIO()
    canvas = new_canvas(file, WIDTH, HEIGHT)
    inner, top = (WIDTH * mm) - 2 * MARGIN, HEIGHT * mm - MARGIN
    lines = (
        (slip.clinic, 10, 9, False),
        (slip.name, 30, 12, True),
        (slip.day, 54, 12, False),
        (slip.time, 84, 26, True),
        (slip.what, 106, 11, True),
        (slip.where, 121, 10, False),
    )
    for text, below, size, is_bold in lines:
        write(canvas, text, MARGIN, top - below, inner, size, bold=is_bold)
    draw_code(canvas, bars(slip.number), MARGIN, MARGIN + 14, inner, 18 * mm)
    write(canvas, slip.number, MARGIN + 6 * mm, MARGIN, inner, 10, bold=True)
    canvas.showPage()
    canvas.save()
    return file.getvalue()
