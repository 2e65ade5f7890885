"""The first rows of a stored file, as they would be understood."""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import Any

from clinic.documents.storage import Storage
from clinic.imports.files import dialect_of, open_upload, rows_of
from clinic.imports.models import ImportKind
from clinic.imports.rows import Row, readable_file
from clinic.imports.tables.columns import guess_columns
from clinic.imports.tables.reading import read_records

SHOWN_ROWS = 10
SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Column:
    """A column of a table: its title and a few of its values."""

    title: str
    examples: list[str]


@dataclass(frozen=True)
class Preview:
    """The columns of a table (none for other files) and the first rows."""

    columns: list[Column]
    rows: list[Row]


def look_into(
    storage: Storage, stored_as: str, kind: ImportKind, options: dict[str, Any], *, region: str, today: dt.date
) -> Preview:
    """A preview of a stored file read with `options`."""
    with readable_file(), open_upload(storage, stored_as) as stream:
        columns = []
        if kind.is_table:
            records = [r.cells for r in islice(read_records(stream, dialect_of(options)), SHOWN_ROWS + 1)]
            columns = [_column(records, number) for number in range(len(records[0]) if records else 0)]
        rows = list(islice(rows_of(stream, kind, options, region=region, today=today), SHOWN_ROWS))
    return Preview(columns, rows)


def guess_again(storage: Storage, stored_as: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options with columns guessed from the titles as they are read now."""
    with readable_file(), open_upload(storage, stored_as) as stream:
        first = next(read_records(stream, dialect_of(options)), None)
    return options | {"columns": guess_columns(first.cells if first else ())}


def _column(records: list[tuple[str, ...]], number: int) -> Column:
    values = [cells[number] for cells in records[1:] if len(cells) > number and cells[number]]
    return Column(records[0][number], list(dict.fromkeys(values))[:SHOWN_EXAMPLES])
