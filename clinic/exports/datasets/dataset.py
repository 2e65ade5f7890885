"""A kind of rows that can be exported."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select

from clinic import clock
from clinic.exports.datasets.columns import Column, Filling, Source
from clinic.exports.models import ExportKind

# What the fields of a screen's filter hold, as JSON; a missing one means anything.
Filters = Mapping[str, Any]


@dataclass(frozen=True)
class Dataset:
    """`rows(filters, zone)` selects what a filter leaves, in a fixed order.

    `permission` is what one needs to see these rows on the screen; an export asks for it too.
    """

    kind: ExportKind
    label: Any
    permission: str
    columns: tuple[Column, ...]
    sources: Callable[[ZoneInfo], Mapping[str, Source]]
    rows: Callable[[Filters, ZoneInfo], Select[Any]]

    @property
    def default_columns(self) -> list[str]:
        return [column.key for column in self.columns if column.is_default]

    def chosen(self, keys: Sequence[str]) -> list[Column]:
        """The columns with these keys, in the dataset's order."""
        return [column for column in self.columns if column.key in keys]

    def filling(self, keys: Sequence[str], zone: ZoneInfo) -> Filling:
        """What fills the chosen columns."""
        return Filling(self.sources(zone), self.chosen(keys))

    def query(self, filling: Filling, filters: Filters, zone: ZoneInfo) -> Select[Any]:
        """The rows of a filter, with what `filling` reads of each."""
        return self.rows(filters, zone).with_only_columns(*filling.expressions, maintain_column_froms=True)


def day_of(filters: Filters, name: str) -> dt.date | None:
    """A date of a filter."""
    return dt.date.fromisoformat(filters[name]) if filters.get(name) else None


def days_between(filters: Filters, zone: ZoneInfo) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The clinic days `since` to `until` of a filter as instants: the first is included, the second is not."""
    since, until = day_of(filters, "since"), day_of(filters, "until")
    first = clock.day_bounds(since, zone)[0] if since else None
    return first, clock.day_bounds(until, zone)[1] if until else None
