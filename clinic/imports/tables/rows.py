"""Rows of a table of patients."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask_babel import gettext as _

from clinic.errors import Invalid
from clinic.imports.rows import Row, guarded
from clinic.imports.tables.columns import EXTRA, IGNORE
from clinic.imports.tables.patient import Reading, read_patient, row_key, supplied
from clinic.imports.tables.reading import Dialect, Record, read_records
from clinic.patients.details import check


def read_rows(
    stream: io.BufferedIOBase,
    dialect: Dialect,
    columns: list[str],
    reading: Reading,
    position: int = 0,
    line: int = 0,
) -> Iterator[Row]:
    """Every row after byte `position`, the end of line `line`; the first record of the file holds the titles."""
    titles = list(read_titles(stream, dialect))
    fields = supplied(columns)
    records = read_records(stream, dialect, position, line, width=len(titles))
    if position == 0:
        next(records, None)
    for record in records:
        understand = partial(_understand, record, titles, columns, fields, reading)
        yield guarded(understand, line=record.line, last_line=record.last_line, end=record.end)


def read_titles(stream: io.BufferedIOBase, dialect: Dialect) -> tuple[str, ...]:
    """The titles of the columns; none for a file without any."""
    first = next(read_records(stream, dialect), None)
    return first.cells if first else ()


def _understand(record: Record, titles: list[str], columns: list[str], fields: frozenset[str], reading: Reading) -> Row:
    if record.problem:
        raise Invalid(record.problem)
    if len(columns) != len(titles):
        raise Invalid(_("The table has %(count)s columns now: check what they mean.", count=len(titles)))
    cells = list(record.cells)
    while len(cells) > len(titles) and not cells[-1]:
        cells.pop()
    if len(cells) != len(titles):
        raise Invalid(
            _("The row has %(found)s cells, the titles are %(wanted)s.", found=len(cells), wanted=len(titles))
        )
    values = {c: cell for c, cell in zip(columns, cells, strict=True) if c not in (EXTRA, IGNORE)}
    kept = {t: cell for t, c, cell in zip(titles, columns, cells, strict=True) if c == EXTRA and cell}
    details = read_patient(values, kept, reading)
    check(details, reading.today)
    content: dict[str, Any] = {"columns": columns, "cells": dict(zip(titles, cells, strict=True))}
    return Row(
        line=record.line,
        last_line=record.last_line,
        end=record.end,
        key=row_key(values, details),
        content=content,
        details=details,
        # A title cut to its field is kept whole beside it, whether or not a column is.
        supplied=fields | {"extra"} if details.extra else fields,
    )
