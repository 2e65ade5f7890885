"""The columns of a row that waits for a worker."""

import datetime as dt
import enum

from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Keyed, UtcDateTime


class Stage(enum.StrEnum):
    """The states that every kind of task has, spelled alike in each; a kind may have more."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Task(Keyed):
    """What a worker is to do, as a row. The row is the truth; a job in Redis only carries its number and `attempt`.

    Whoever works on it must still hold `attempt`: cancelling it or giving it to another worker changes state or
    attempt, and the worker stops at its next sign of life (`beat_at`). `tries` counts starts without success,
    `queued_at` is since when it waits, `dispatched_at` and `dispatches` when and how often a worker was last told of
    it since then.
    """

    state: Mapped[enum.StrEnum]
    attempt: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    dispatched_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    dispatches: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    beat_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs: it may be cancelled."""
        return self.state in (Stage.QUEUED, Stage.RUNNING)
