"""Bytes as hexadecimal text, in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles


class hexed(ColumnElement[str]):  # noqa: N801 - used like a function of SQL
    """hex(value), by each database's own function."""

    inherit_cache = True
    type = Text()

    def __init__(self, value: ColumnElement[Any]) -> None:
        self.value = value


@compiles(hexed, "sqlite")
def _sqlite(element: hexed, compiler: Any, **options: Any) -> str:
    return f"hex({compiler.process(element.value, **options)})"


@compiles(hexed, "postgresql")
def _postgresql(element: hexed, compiler: Any, **options: Any) -> str:
    return f"encode({compiler.process(element.value, **options)}, 'hex')"
