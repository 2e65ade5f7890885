"""Records of a CSV file, read from any offset; a broken record spoils no other."""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
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
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        width, agreeing = counts.most_common(1)[0] if counts else (1, 0)
        return (agreeing if width > 1 else 0, width)

    return max(DELIMITERS, key=score)


def read_records(stream: io.BufferedIOBase, dialect: Dialect, position: int = 0, line: int = 0) -> Iterator[Record]:
    """Every record after byte `position`, the end of line `line`; blank lines between records are passed over."""
    lines = _Lines(read_lines(stream, position, line))
    while first := lines.next():
        if first.data is not None and not first.data.removeprefix(BOM).strip():
            continue
        yield _record(first, lines, dialect)


class _Lines:
    """Lines that can be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source, self._returned = source, deque[Line]()

    def next(self) -> Line | None:
        return self._returned.popleft() if self._returned else next(self._source, None)

    def give_back(self, lines: list[Line]) -> None:
        self._returned.extendleft(reversed(lines))


def _record(first: Line, lines: _Lines, dialect: Dialect) -> Record:
    """The record that begins in `first`, with the lines its quoted cells go on in."""
    taken, data = [first], first.data
    if data is None:
        limit = MAX_LINE_BYTES // 1024**2
        return _refused(first, _("The line is longer than %(count)s MB.", count=limit))
    while data.count(b'"') % 2:
        line = lines.next() if len(taken) < MAX_RECORD_LINES and len(data) < MAX_LINE_BYTES else None
        if line is None or line.data is None:
            lines.give_back(taken[1:] + ([line] if line else []))
            return _refused(first, _("A quotation mark is not closed."))
        taken.append(line)
        data += line.data
    try:
        text = data.decode(dialect.encoding)
    except UnicodeDecodeError:
        return _refused(taken[-1], _("The row holds characters that are not %(name)s.", name=dialect.encoding), first)
    if "\x00" in text:
        return _refused(taken[-1], _("The row holds a NUL character."), first)
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter), [])
    except csv.Error:
        return _refused(taken[-1], _("The row cannot be split into cells."), first)
    kept = tuple(" ".join(cell.split()) for cell in cells)
    return Record(first.number, taken[-1].number, taken[-1].end, kept)


def _refused(last: Line, problem: str, first: Line | None = None) -> Record:
    return Record((first or last).number, last.number, last.end, problem=problem)
