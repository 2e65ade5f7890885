"""A row of any table with nothing in it but what the table demands."""

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import Boolean, Column, Date, Enum, Float, Integer, LargeBinary, Numeric, String, Table, Time, insert
from sqlalchemy.orm import Session

from clinic.crypto import EncryptedJson, EncryptedText
from clinic.db import UtcDateTime
from tests.factories import NOW

# What checks of a table demand of columns that may be empty.
CHECKED: dict[str, dict[str, Any]] = {"appointment_series": {"count": 3}}
_numbers = itertools.count(1)


def add_row(session: Session, table: Table, **given: Any) -> dict[str, Any]:
    """Insert a row, and rows that it must refer to; its primary key by column."""
    values = CHECKED.get(table.name, {}) | given
    for column in table.columns:
        if column.name not in values and _is_demanded(column):
            values[column.name] = _value(session, column)
    result = session.execute(insert(table).values(values))
    key = result.inserted_primary_key or ()
    return dict(zip((c.name for c in table.primary_key), key, strict=True))


def _is_demanded(column: Column[Any]) -> bool:
    is_counted = column.primary_key and isinstance(column.type, Integer) and not column.foreign_keys
    has_default = column.default is not None or column.server_default is not None
    return not column.nullable and not has_default and not (is_counted and column.autoincrement)


def _value(session: Session, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return add_row(session, key.column.table)[key.column.name]
    number = next(_numbers)
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enum_class(kind.enums[0]) if kind.enum_class else kind.enums[0]
    if isinstance(kind, EncryptedText):
        return f"sealed {number}"
    if isinstance(kind, EncryptedJson):
        return {}
    if isinstance(kind, String):
        return f"{number}"[: kind.length]
    if isinstance(kind, LargeBinary):
        return number.to_bytes(16, "big")
    plain: dict[type[Any], Any] = {
        Boolean: False,
        UtcDateTime: NOW + dt.timedelta(hours=number),
        Date: NOW.date() + dt.timedelta(days=number),
        Time: dt.time(8),
        Integer: number,
        Numeric: number,
        Float: float(number),
    }
    found = next((value for each, value in plain.items() if isinstance(kind, each)), None)
    return {} if found is None else found
