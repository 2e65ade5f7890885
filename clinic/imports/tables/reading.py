"""Records of a CSV file, read from any offset; a broken record spoils no other."""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from flask_babel import gettext as _

from clinic.imports.lines import BOM, MAX_LINE_BYTES, Line, read_lines

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252")
# A quotation mark that is never closed would swallow the rest of the file.
MAX_RECORD_LINES = 100
_SAMPLE_LINES = 20


@dataclass(frozen=True)
class Dialect:
    """How a file is written: one of ENCODINGS, one of DELIMITERS."""

    encoding: str = "utf-8"
    delimiter: str = ","


@dataclass(frozen=True)
class Record:
    """Cells of one record, or why there are none; lines from 1, `end` is the byte after it."""

    line: int
    last_line: int
    end: int
    cells: tuple[str, ...] = ()
    problem: str | None = None


def guess_delimiter(sample: str) -> str:
    """The delimiter that splits the most of the first lines into equally many cells."""
    lines = [line for line in sample.splitlines() if line.strip()][:_SAMPLE_LINES]

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(_widths(lines, delimiter))
        width, agreeing = counts.most_common(1)[0] if counts else (1, 0)
        return (agreeing if width > 1 else 0, width)

    return max(DELIMITERS, key=score)


def _widths(lines: list[str], delimiter: str) -> Iterator[int]:
    """How many cells each row has, up to the first that cannot be read."""
    with suppress(csv.Error):
        yield from (len(row) for row in csv.reader(lines, delimiter=delimiter))


def read_records(
    stream: io.BufferedIOBase, dialect: Dialect, position: int = 0, line: int = 0, *, width: int | None = None
) -> Iterator[Record]:
    """Every record after byte `position`, the end of line `line`; blank lines between records are passed over.

    `width` is the number of cells there should be: quoted line breaks are only believed where it comes out right.
    """
    lines = _Lines(read_lines(stream, position, line))
    while first := lines.next():
        if first.data is not None and not first.data.removeprefix(BOM).strip():
            continue
        yield _record(first, lines, dialect, width)


class _Lines:
    """Lines that can be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source, self._returned = source, deque[Line]()

    def next(self) -> Line | None:
        return self._returned.popleft() if self._returned else next(self._source, None)

    def give_back(self, lines: list[Line]) -> None:
        self._returned.extendleft(reversed(lines))

    def following(self, first: Line, taken: list[Line]) -> Iterator[bytes]:
        """The lines of one record as far as they are asked for, noted in `taken`."""
        line: Line | None = first
        while line is not None:
            taken.append(line)
            if line.data is None or len(taken) > MAX_RECORD_LINES:
                return
            yield line.data
            line = self.next()


def _record(first: Line, lines: _Lines, dialect: Dialect, width: int | None) -> Record:
    """The record that begins in `first`, with the lines its quoted cells go on in."""
    if first.data is None:
        return _refused(first, _("The line is longer than %(count)s MB.", count=MAX_LINE_BYTES // 1024**2))
    taken: list[Line] = []
    try:
        text = (data.decode(dialect.encoding) for data in lines.following(first, taken))
        cells = next(csv.reader(text, delimiter=dialect.delimiter, strict=True))
        if len(taken) == 1 or width in (None, len(cells)):
            return _understood(cells, first, taken[-1])
    except (csv.Error, UnicodeDecodeError):
        pass
    lines.give_back(taken[1:])
    return _alone(first, first.data, dialect)


def _alone(line: Line, data: bytes, dialect: Dialect) -> Record:
    """A line that is no sound beginning of a record, read by itself."""
    if data.count(b'"') % 2:
        return _refused(line, _("A quotation mark is not closed."))
    try:
        cells = next(csv.reader([data.decode(dialect.encoding)], delimiter=dialect.delimiter))
    except UnicodeDecodeError:
        return _refused(line, _("The row holds characters that are not %(name)s.", name=dialect.encoding))
    except csv.Error:
        return _refused(line, _("The row cannot be split into cells."))
    return _understood(cells, line, line)


def _understood(cells: list[str], first: Line, last: Line) -> Record:
    kept = tuple(" ".join(cell.split()) for cell in cells)
    problem = _("The row holds a NUL character.") if any("\x00" in cell for cell in kept) else None
    return Record(first.number, last.number, last.end, kept, problem)


def _refused(line: Line, problem: str) -> Record:
    return Record(line.number, line.number, line.end, problem=problem)
