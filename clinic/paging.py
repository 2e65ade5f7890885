"""Keyset pages: a cursor names the last row seen, so that page 18,000 costs what page 1 costs.

A list asks its query for one row more than a page shows, from where `read_cursor()` or `read_place()` say, and hands
the rows to `page_after()` or `page_around()`.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from clinic.numbers import whole

PAGE_SIZE = 50
FETCHED = PAGE_SIZE + 1
Row = TypeVar("Row")
Reader = Callable[[Any], Any]
Values = Callable[[Row], Sequence[Any]]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page in display order, with the cursors of its neighbours (None where there is none)."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Place:
    """Where in a list to go on, and whether towards its beginning. Without values it is the first page."""

    values: tuple[Any, ...] | None = None
    backwards: bool = False


def encode_cursor(*values: Any) -> str:
    """An opaque, URL-safe cursor of JSON values and dates."""
    plain = [v.isoformat() if isinstance(v, (dt.date, dt.datetime)) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """The values of a cursor as JSON has them, or None for a missing or mangled one."""
    if not cursor or len(cursor) > 2000:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return values if isinstance(values, list) and len(values) == length else None


def instant(value: Any) -> dt.datetime:
    """Reads a time with its zone, as UTC."""
    at = dt.datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    return at.astimezone(dt.UTC)


def text(value: Any) -> str:
    """Reads a text that both databases can hold."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text of a database")
    value.encode()
    return value


def read_cursor(cursor: str | None, *readers: Reader) -> tuple[Any, ...] | None:
    """The values of a cursor, each by its reader; None for a missing or mangled one: it shows the first page."""
    values = decode_cursor(cursor, len(readers))
    try:
        return tuple(reader(value) for reader, value in zip(readers, values, strict=True)) if values else None
    except (TypeError, ValueError, OverflowError):
        return None


def read_key(cursor: str | None) -> int | None:
    """The one key that a cursor holds."""
    values = read_cursor(cursor, whole)
    return values[0] if values else None


def read_place(asked: Mapping[str, str], *readers: Reader) -> Place:
    """The place that an address names by `before` or `after`."""
    before = read_cursor(asked.get("before"), *readers)
    return Place(before or read_cursor(asked.get("after"), *readers), before is not None)


def page_after(rows: Sequence[Row], values: Values[Row]) -> Page[Row]:
    """A page of a list that only goes on, of up to FETCHED rows; `values` are what the cursor of a row holds."""
    shown = rows[:PAGE_SIZE]
    return Page(shown, next=encode_cursor(*values(shown[-1])) if len(rows) > PAGE_SIZE else None)


def page_around(rows: Sequence[Row], values: Values[Row], place: Place) -> Page[Row]:
    """A page of a list that goes both ways, of up to FETCHED rows from `place` on, the nearest first."""
    is_more, shown = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    shown = shown[::-1] if place.backwards else shown
    has_next = is_more or place.backwards
    has_previous = is_more if place.backwards else place.values is not None
    return Page(
        shown,
        next=encode_cursor(*values(shown[-1])) if shown and has_next else None,
        previous=encode_cursor(*values(shown[0])) if shown and has_previous else None,
    )
