"""Labels, wristbands, cards and slips as PDF."""

import io

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clinic.patients.printing.codes import Code, bars, dots
from clinic.patients.printing.papers import SIZES, Imprint, Paper
from clinic.patients.printing.writing import write

MARGIN = 3 * mm


def new_canvas(file: io.BytesIO, width: float, height: float) -> Canvas:
    """A page of `width` by `height` millimetres. Nothing of the patient stands in the file's properties."""
    return Canvas(file, pagesize=(width * mm, height * mm), invariant=True, pageCompression=1)


def make_pdf(paper: Paper, imprint: Imprint) -> bytes:
    """One page of `paper`."""
    size, file = SIZES[paper], io.BytesIO()
    canvas = new_canvas(file, size.width, size.height)
    width, height = size.width * mm / size.columns, size.height * mm / size.rows
    draw = {Paper.WRISTBAND: _draw_band, Paper.CARD: _draw_card}.get(paper, _draw_label)
    for row in range(size.rows):
        for column in range(size.columns):
            canvas.saveState()
            canvas.translate(column * width, (size.rows - 1 - row) * height)
            draw(canvas, imprint, width, height)
            canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def draw_code(canvas: Canvas, code: Code, x: float, y: float, width: float, height: float) -> None:
    """A code in the rectangle whose lower left corner is at x, y."""
    across, up = width / code.width, height / code.height
    for left, top, length, thickness in code.dark:
        canvas.rect(x + left * across, y + height - (top + thickness) * up, length * across, thickness * up, 0, 1)


def _draw_label(canvas: Canvas, imprint: Imprint, width: float, height: float) -> None:
    inner, dotted = width - 2 * MARGIN, 16 * mm
    write(canvas, imprint.name, MARGIN, height - MARGIN - 10, inner, 11, bold=True)
    write(canvas, imprint.facts, MARGIN, height - MARGIN - 21, inner, 8)
    write(canvas, imprint.clinic, MARGIN, height - MARGIN - 31, inner - dotted, 6.5)
    draw_code(canvas, dots(imprint.number), width - MARGIN - dotted, MARGIN, dotted, dotted)
    draw_code(canvas, bars(imprint.number), MARGIN, MARGIN + 9, inner - dotted, 11 * mm)
    write(canvas, imprint.number, MARGIN + 4 * mm, MARGIN, inner - dotted, 8, bold=True)


def _draw_band(canvas: Canvas, imprint: Imprint, width: float, height: float) -> None:
    """Everything stands within the first 140 mm: the rest goes round the wrist."""
    side, text = height - 2 * MARGIN, 62 * mm
    draw_code(canvas, dots(imprint.number), MARGIN, MARGIN, side, side)
    left = MARGIN + side + 2 * mm
    write(canvas, imprint.name, left, height - MARGIN - 11, text, 12, bold=True)
    write(canvas, imprint.facts, left, height - MARGIN - 24, text, 9)
    write(canvas, f"{imprint.number} · {imprint.clinic}", left, height - MARGIN - 37, text, 8)
    draw_code(canvas, bars(imprint.number), left + text + 2 * mm, MARGIN, 50 * mm, side)


def _draw_card(canvas: Canvas, imprint: Imprint, width: float, height: float) -> None:
    inner, dotted = width - 4 * mm - 2 * MARGIN, 20 * mm
    left = MARGIN + 2 * mm
    write(canvas, imprint.clinic, left, height - MARGIN - 10, inner, 9)
    write(canvas, imprint.name, left, height - MARGIN - 32, inner, 14, bold=True)
    write(canvas, imprint.facts, left, height - MARGIN - 46, inner, 9)
    draw_code(canvas, bars(imprint.number), left, MARGIN + 13, inner - dotted, 15 * mm)
    write(canvas, imprint.number, left + 4 * mm, MARGIN + 2, inner - dotted, 9, bold=True)
    draw_code(canvas, dots(imprint.number), width - left - dotted, MARGIN, dotted, dotted)
