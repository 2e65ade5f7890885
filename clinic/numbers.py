"""Whole numbers that come from outside: in addresses, queries and forms. What no row can have is no number here."""

from typing import Any

# What both databases take for a key: PostgreSQL's integer is the smaller.
LARGEST_KEY = 2**31 - 1


def whole(value: Any) -> int:
    """Reads a number that a database takes for a key; ValueError for any other."""
    number = int(value)
    if not 0 <= number <= LARGEST_KEY:
        raise ValueError("no row has this number")
    return number


def find_whole(value: str | None) -> int | None:
    """The number that a text is, or None for what no row can have."""
    try:
        return whole(value)
    except (TypeError, ValueError):
        return None
