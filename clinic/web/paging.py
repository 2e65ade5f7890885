"""Keyset pages: a cursor names the last row seen, so that page 18,000 costs what page 1 costs."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

PAGE_SIZE = 50
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page in display order, with the cursors of its neighbours (None where there is none)."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


def encode_cursor(*values: Any) -> str:
    """An opaque, URL-safe cursor of JSON values and dates."""
    plain = [v.isoformat() if isinstance(v, (dt.date, dt.datetime)) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """The values of a cursor, or None for a missing or mangled one: a bad link shows the first page."""
    if not cursor or len(cursor) > 2000:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    return values if isinstance(values, list) and len(values) == length else None
