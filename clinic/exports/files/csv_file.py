"""CSV as RFC 4180 says: CRLF, quotes where needed, UTF-8; optionally another delimiter and a byte order mark."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

from clinic.exports.files.cells import CellKind, Sink, Values
from clinic.exports.files.guard import SUSPECTS, neutralise


class CsvFile:
    """Writes a header and batches of rows to `sink`; what people typed goes through the formula guard."""

    def __init__(
        self, sink: Sink, headers: Sequence[str], kinds: Sequence[CellKind], *, delimiter: str = ",", bom: bool = False
    ) -> None:
        self._sink = sink
        self._guarded = [kind is CellKind.TEXT for kind in kinds]
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer, delimiter=delimiter)
        if bom:
            sink.write(codecs.BOM_UTF8)
        self._writer.writerow([neutralise(header) for header in headers])
        self._flush()

    def write_batch(self, columns: Iterable[Values]) -> None:
        safe = [guard(values) if guarded else values for values, guarded in zip(columns, self._guarded, strict=True)]
        self._writer.writerows(zip(*safe, strict=True))
        self._flush()

    def finish(self) -> None:
        """Nothing follows the last row."""

    def _flush(self) -> None:
        self._sink.write(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()


def guard(values: Values) -> Values:
    """A column whose risky cells are neutralised."""
    return [neutralise(v) if v and v[0] in SUSPECTS else v for v in values]
