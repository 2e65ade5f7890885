"""Text of any script on a PDF page: which font has a character, and the order of right-to-left letters."""

from functools import lru_cache
from itertools import groupby
from pathlib import Path

from arabic_reshaper import reshape
from bidi import get_display
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
# Named in the PDF, drawn by the reader's own fonts: (first character, last character, font).
_EAST_ASIAN = (
    ("\u3040", "\u30ff", "HeiseiKakuGo-W5"),
    ("\uac00", "\ud7af", "HYGothic-Medium"),
    ("\u2e80", "\u9fff", "STSong-Light"),
    ("\uf900", "\ufaff", "STSong-Light"),
)
_FONTS = Path(__file__).parent / "fonts"
SMALLEST = 5.5


@lru_cache(maxsize=1)
def use_fonts() -> None:
    """Make the fonts known, once in a process."""
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, _FONTS / f"{name}.ttf"))
    for name in sorted({font for _, _, font in _EAST_ASIAN}):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def write(canvas: Canvas, text: str, x: float, y: float, width: float, size: float, *, bold: bool = False) -> None:
    """One line in at most `width` points: smaller if need be, then cut off."""
    use_fonts()
    shown, font = get_display(reshape(text)), BOLD if bold else PLAIN
    needed = _width(shown, font, size)
    fitting = size if needed <= width else max(SMALLEST, size * width / needed)
    while len(shown) > 1 and _width(shown, font, fitting) > width:
        shown = shown[:-2] + "…"
    for name, run in _runs(shown, font):
        canvas.setFont(name, fitting)
        canvas.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, name, fitting)


def _width(text: str, font: str, size: float) -> float:
    return float(sum(pdfmetrics.stringWidth(run, name, size) for name, run in _runs(text, font)))


def _runs(text: str, font: str) -> list[tuple[str, str]]:
    """(font, characters) of each stretch that one font can draw."""
    return [(name, "".join(run)) for name, run in groupby(text, key=lambda character: _font_of(character, font))]


def _font_of(character: str, font: str) -> str:
    return next((name for first, last, name in _EAST_ASIAN if first <= character <= last), font)
