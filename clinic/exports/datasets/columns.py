"""Columns are filled batch by batch: a source is read and opened once, however many columns are made from it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, LargeBinary, Text, cast, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from clinic.crypto import key_ring
from clinic.exports.datasets.times import local_times
from clinic.exports.files.cells import CellKind, Values

# One source in one batch: a value a row.
Batch = Sequence[Any]


@dataclass(frozen=True)
class Source:
    """A selected expression, read raw, and how a batch of it is made readable."""

    expression: ColumnElement[Any]
    decode: Callable[[Batch], Batch] | None = None


@dataclass(frozen=True)
class Column:
    """One column of a file. `fill` makes its texts from a batch of each of its `sources`; None takes the only one."""

    key: str
    label: Any
    sources: tuple[str, ...]
    kind: CellKind = CellKind.TEXT
    fill: Callable[..., Values] | None = None
    is_default: bool = False


class Filling:
    """The chosen columns of a dataset, ready to be filled from batches of selected rows."""

    def __init__(self, sources: Mapping[str, Source], columns: Sequence[Column]) -> None:
        self._columns = columns
        self._names = list(dict.fromkeys(name for column in columns for name in column.sources))
        self._sources = [sources[name] for name in self._names]

    @property
    def expressions(self) -> list[ColumnElement[Any]]:
        """What to select, in this order."""
        return [source.expression for source in self._sources]

    def fill(self, rows: Sequence[Sequence[Any]]) -> list[Values]:
        """The columns of a batch of at least one row."""
        raw = zip(*rows, strict=True)
        batches = {
            name: source.decode(values) if source.decode else values
            for name, source, values in zip(self._names, self._sources, raw, strict=True)
        }
        return [
            column.fill(*(batches[name] for name in column.sources)) if column.fill else batches[column.sources[0]]
            for column in self._columns
        ]


def sealed_json(column: Any, context: str, pick: Callable[[Any], Any]) -> Source:
    """A sealed JSON column, of each value what `pick` takes; a value that is not there is picked from as []."""

    def decode(values: Batch) -> Batch:
        opened, parse = key_ring().opener(context.encode()), json.JSONDecoder().raw_decode
        # Picked at once: a batch of parsed values keeps the garbage collector busy for longer than the parsing takes.
        return [pick(parse(opened(v).decode())[0] if v is not None else []) for v in values]

    return Source(type_coerce(column, LargeBinary), decode)


def sealed_text(column: Any, context: str) -> Source:
    """A sealed text column."""

    def decode(values: Batch) -> Batch:
        opened = key_ring().opener(context.encode())
        return [opened(v).decode() if v is not None else None for v in values]

    return Source(type_coerce(column, LargeBinary), decode)


def plain(column: Any) -> Source:
    """A text, a number or an enumeration as the database keeps it."""
    return Source(type_coerce(column, Text))


def number(column: Any) -> Source:
    """A number as text."""
    return Source(cast(column, Text))


def day(column: Any) -> Source:
    """A date as 2026-11-20: the same text on both databases."""
    return Source(cast(column, Text))


def instant(column: Any, zone: ZoneInfo) -> Source:
    """An instant as 2026-11-20 10:30:00 by the clinic's clock."""
    return Source(cast(column, Text), lambda values: local_times(values, zone))


def referred(column: Any, owner: Any, key: InstrumentedAttribute[Any]) -> Source:
    """`column` of the row of `owner` that the foreign key `key` points to."""
    return Source(select(column).where(owner.id == key).correlate(key.class_).scalar_subquery())


def yes_no(values: Batch) -> Values:
    """Words for a boolean; empty where it is not known."""
    yes, no = _("yes"), _("no")
    return [None if v is None else yes if v else no for v in values]
