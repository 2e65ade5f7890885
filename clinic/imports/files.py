"""The rows of a stored file, whatever its kind."""

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clinic.documents.storage import Storage
from clinic.imports.fhir import reading as fhir
from clinic.imports.models import ImportKind
from clinic.imports.rows import Row
from clinic.imports.tables import rows as tables
from clinic.imports.tables.patient import Reading
from clinic.imports.tables.reading import Dialect

_RESOURCES = {ImportKind.FHIR_PATIENTS: "Patient", ImportKind.FHIR_PRACTITIONERS: "Practitioner"}
_BUFFER = 256 * 1024


@contextmanager
def open_upload(storage: Storage, stored_as: str) -> Iterator[io.BufferedIOBase]:
    """The plain bytes of a stored upload."""
    with io.BufferedReader(storage.open_sealed(stored_as, stored_as), _BUFFER) as stream:
        yield stream


def rows_of(
    stream: io.BufferedIOBase,
    kind: ImportKind,
    options: dict[str, Any],
    *,
    region: str,
    today: dt.date,
    position: int = 0,
    line: int = 0,
) -> Iterator[Row]:
    """Every row after byte `position`, the end of line `line`; broken ones with a reason."""
    if not kind.is_table:
        return fhir.read_rows(stream, _RESOURCES[kind], region=region, today=today, position=position, line=line)
    reading = Reading(today, region, options["day_first"])
    return tables.read_rows(stream, dialect_of(options), options["columns"], reading, position, line)


def dialect_of(options: dict[str, Any]) -> Dialect:
    """How a table is written."""
    return Dialect(options["encoding"], options["delimiter"])
