"""What a cell holds, and what both kinds of file are written from."""

import enum
from collections.abc import Iterable, Sequence
from typing import Protocol

# A column of one batch: texts, or None for an empty cell.
Values = Sequence[str | None]


class CellKind(enum.Enum):
    """How a column's texts are to be understood."""

    TEXT = "text"  # anything a person may have typed
    CODE = "code"  # our own words: enumerations, yes and no
    NUMBER = "number"
    DATE = "date"  # 2026-11-20, or less where only the year or month is known
    INSTANT = "instant"  # 2026-11-20 10:30:00 by the clinic's clock


class Sink(Protocol):
    """Where a file's bytes go."""

    def write(self, data: bytes, /) -> int: ...


class RowFile(Protocol):
    """A file of rows being written."""

    def write_batch(self, columns: Iterable[Values]) -> None:
        """Append rows given as columns of one length."""

    def finish(self) -> None:
        """Write what belongs at the end."""
