"""Excel workbooks (ECMA-376), streamed: rows go straight into the compressed, sealed file.

Libraries keep the rows of a large sheet in a temporary file, in clear; patients' data must not lie there. Every text
is an inline string, which no program runs. Risky ones carry Excel's own apostrophe (`quotePrefix`), so that editing a
cell does not turn it into a formula either; the text itself stays exact.
"""

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import IO
from xml.sax.saxutils import escape

from clinic.exports.files import xlsx_parts as parts
from clinic.exports.files.cells import CellKind, Sink, Values
from clinic.exports.files.guard import SUSPECTS, neutralise

MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
MAX_SHEET_BYTES = 1_900_000_000  # under 2 GiB a zip entry needs no extension that readers may not know
CUT = " [...]"
_EPOCH = dt.date(1899, 12, 30)
_FIRST_SERIAL = 61  # before 1 March 1900 Excel counts a day that never was
_WIDTHS = {CellKind.TEXT: 22, CellKind.CODE: 12, CellKind.NUMBER: 12, CellKind.DATE: 12, CellKind.INSTANT: 20}
# Characters XML cannot hold, and what looks like the escape that stands for them.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class _Output:
    """A sink as zipfile wants it: it cannot seek."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """The sink decides when its bytes are durable."""

    def close(self) -> None:
        """The sink is closed by whoever opened it."""


class XlsxFile:
    """Writes sheets named `title`, "`title` 2" and so on, each with a header that stays in view and filters."""

    def __init__(
        self,
        sink: Sink,
        headers: Sequence[str],
        kinds: Sequence[CellKind],
        *,
        title: str,
        max_rows: int = MAX_ROWS,
    ) -> None:
        self._zip = zipfile.ZipFile(_Output(sink), "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self._kinds, self._title, self._max_rows = list(kinds), title, max_rows
        self._headers = headers
        self._letters = [_letters(i) for i in range(len(kinds))]
        self._sheets = 0
        self._entry: IO[bytes] | None = None
        self._row = self._bytes = 0
        self._start_sheet()

    def write_batch(self, columns: Iterable[Values]) -> None:
        batch = list(columns)
        size, start = len(batch[0]), 0
        while start < size:
            if self._row >= self._max_rows or self._bytes > MAX_SHEET_BYTES:
                self._end_sheet()
                self._start_sheet()
            stop = min(size, start + self._max_rows - self._row)
            self._write_rows([values[start:stop] for values in batch])
            start = stop

    def finish(self) -> None:
        self._end_sheet()
        for name, content in parts.frame(self._title, self._sheets):
            self._zip.writestr(name, content)
        self._zip.close()

    def _write_rows(self, columns: Sequence[Values]) -> None:
        first = self._row + 1
        cells = [
            _CELLS.get(kind, _text_cells)(letter, first, values)
            for letter, kind, values in zip(self._letters, self._kinds, columns, strict=True)
        ]
        rows = [f'<row r="{n}">{"".join(row)}</row>' for n, row in enumerate(zip(*cells, strict=True), first)]
        self._row += len(rows)
        self._write("".join(rows))

    def _start_sheet(self) -> None:
        self._sheets += 1
        self._row = self._bytes = 0
        self._entry = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        self._write(parts.sheet_start([_WIDTHS[kind] for kind in self._kinds], selected=self._sheets == 1))
        titles = [
            _text_cell(f"{letter}1", text, parts.BOLD)
            for letter, text in zip(self._letters, self._headers, strict=True)
        ]
        self._write(f'<row r="1">{"".join(titles)}</row>')
        self._row = 1

    def _end_sheet(self) -> None:
        self._write(parts.sheet_end(f"A1:{self._letters[-1]}{self._row}"))
        if self._entry:
            self._entry.close()
        self._entry = None

    def _write(self, xml: str) -> None:
        if self._entry:
            self._bytes += self._entry.write(xml.encode())


def _text_cell(place: str, text: str, style: int = parts.PLAIN) -> str:
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - len(CUT)] + CUT
    if text[0] in SUSPECTS and neutralise(text) != text:
        style = parts.QUOTED
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub(_escape, text)
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"_x{code:04X}_"


def _text_cells(letter: str, first: int, values: Values) -> Iterator[str]:
    return (_text_cell(f"{letter}{n}", text) if text else "" for n, text in enumerate(values, first))


def _number_cells(letter: str, first: int, values: Values) -> Iterator[str]:
    return (f'<c r="{letter}{n}"><v>{text}</v></c>' if text else "" for n, text in enumerate(values, first))


def _date_cells(letter: str, first: int, values: Values) -> Iterator[str]:
    return (_date_cell(f"{letter}{n}", text) if text else "" for n, text in enumerate(values, first))


def _date_cell(place: str, text: str) -> str:
    """A real date, or a text where only the year or month is known, or where Excel's calendar is wrong."""
    serial = _serial(text[:10])
    if serial is None:
        return _text_cell(place, text)
    if len(text) == 10:
        return f'<c r="{place}" s="{parts.DATE}"><v>{serial}</v></c>'
    clock = dt.time.fromisoformat(text[11:])
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
    return f'<c r="{place}" s="{parts.INSTANT}"><v>{serial + seconds / 86400:.9f}</v></c>'


@lru_cache(maxsize=50_000)
def _serial(day: str) -> int | None:
    """Excel's number of a day; None for one it cannot hold."""
    if len(day) < 10:
        return None
    serial = (dt.date.fromisoformat(day) - _EPOCH).days
    return serial if serial >= _FIRST_SERIAL else None


def _letters(index: int) -> str:
    """The name of a column: A, B, ... Z, AA."""
    name = chr(65 + index % 26)
    return name if index < 26 else _letters(index // 26 - 1) + name


_CELLS = {CellKind.NUMBER: _number_cells, CellKind.DATE: _date_cells, CellKind.INSTANT: _date_cells}
