"""The MRN as Code 128 and QR code: what is dark, for paper and screen alike."""

from dataclasses import dataclass

from barcode import Code128

from clinic.qr_codes import qr_modules

QUIET_BARS = 10
QUIET_DOTS = 4


@dataclass(frozen=True)
class Code:
    """Dark rectangles (x, y, width, height) on a field of `width` by `height` modules, quiet zones included."""

    width: int
    height: int
    dark: tuple[tuple[int, int, int, int], ...]

    @property
    def path(self) -> str:
        """The same as the data of an SVG path."""
        return "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in self.dark)


def bars(text: str) -> Code:
    """`text` as Code 128, one module high."""
    (modules,) = Code128(text).build()
    dark = tuple((QUIET_BARS + start, 0, length, 1) for start, length in _runs([m == "1" for m in modules]))
    return Code(len(modules) + 2 * QUIET_BARS, 1, dark)


def dots(text: str) -> Code:
    """`text` as a QR code that still reads with a seventh of it torn or smudged."""
    rows = qr_modules(text)
    dark = tuple(
        (QUIET_DOTS + start, QUIET_DOTS + y, length, 1) for y, row in enumerate(rows) for start, length in _runs(row)
    )
    size = len(rows) + 2 * QUIET_DOTS
    return Code(size, size, dark)


def _runs(line: list[bool]) -> list[tuple[int, int]]:
    """(start, length) of each unbroken dark stretch."""
    found: list[tuple[int, int]] = []
    for position, is_dark in enumerate(line):
        if not is_dark:
            continue
        if found and sum(found[-1]) == position:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((position, 1))
    return found
