"""Reads of tasks, whatever their kind: columns only."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.tasks.models import Stage, Task


class Waiting(NamedTuple):
    """A task that waits or runs."""

    id: int
    state: str
    attempt: int
    tries: int
    queued_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    dispatches: int
    beat_at: dt.datetime | None


def list_open(session: Session, model: type[Task]) -> Sequence[Waiting]:
    """Every task of a kind that waits or runs, oldest first."""
    columns = (getattr(model, name) for name in Waiting._fields)
    query = select(*columns).where(model.state.in_([Stage.QUEUED, Stage.RUNNING])).order_by(model.id)
    return [Waiting(*row) for row in session.execute(query)]


def seen_at(session: Session, model: type[Task]) -> dt.datetime | None:
    """When a worker last gave a sign of life at a task of this kind."""
    return session.scalar(select(func.max(model.beat_at)))
