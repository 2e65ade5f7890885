"""Titles, suffixes and languages longer than their fields: what fits is shown, all of it is kept beside the record."""

from collections.abc import Mapping
from typing import Any

MAX = 40


def fitted(values: Mapping[str, str | None]) -> dict[str, Any]:
    """Each text as its field holds it: one too long ends after a whole word, with an ellipsis."""
    return {name: value and _fit(value) for name, value in values.items()}


def in_full(values: Mapping[str, str | None]) -> dict[str, Any]:
    """What fitted() cut, for Patient.extra."""
    return {f"whole_{name}": value for name, value in values.items() if value and len(value) > MAX}


def _fit(value: str) -> str:
    if len(value) <= MAX:
        return value
    head = value[: MAX - 1]
    words = head if value[MAX - 1].isspace() else head.rpartition(" ")[0]
    return f"{(words or head).rstrip()}…"
