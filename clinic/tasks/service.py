"""Every step of a task, each one conditional UPDATE: whoever lost the task (cancelled, or given to another worker)
changes nothing.

What is lost is found by looking at the rows alone. What Redis or RQ says of a job is never asked: after a kill of
either it says that something waits or runs which nobody has.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, CursorResult, and_, or_, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.queueing import enqueue_after_commit
from clinic.tasks.models import Stage, Task
from clinic.tasks.queries import Waiting, list_open, seen_at

# A worker gives a sign of life every few seconds; after this long without one it is dead.
SILENT = dt.timedelta(seconds=40)
# How long a job may take to begin, once its queue is free, before a worker is told of it again.
PATIENCE = dt.timedelta(seconds=15)
# After this long, and as many times told, nobody will begin it: it is shown as failed, to be tried again by hand.
GIVEN_UP = dt.timedelta(seconds=95)
TOLD = 3


@dataclass(frozen=True)
class Kind:
    """A kind of task: its table, the job a worker runs, the queue, and after how many starts it is given up.

    `lost` is the failure of one that no worker began or ended.
    """

    name: str
    model: type[Task]
    job: str
    queue: str
    max_tries: int
    lost: str

    def job_id(self, task_id: int, attempt: int) -> str:
        """The name of an attempt's job in Redis."""
        return f"{self.name}-{task_id}-{attempt}"


class Held(Protocol):
    """What proves that a worker still holds a task."""

    @property
    def task_id(self) -> int: ...

    @property
    def attempt(self) -> int: ...

    @property
    def tries(self) -> int: ...


def is_open(kind: Kind) -> ColumnElement[bool]:
    """Whether a task waits or runs."""
    return kind.model.state.in_([Stage.QUEUED, Stage.RUNNING])


def change_task(session: Session, kind: Kind, task_id: int, condition: ColumnElement[bool], **values: Any) -> bool:
    """Change the row if `condition` still holds, and tell who looks at it; whether it did."""
    is_changed = change_quietly(session, kind, task_id, condition, **values)
    if is_changed:
        announce(session, kind, task_id)
    return is_changed


def change_quietly(session: Session, kind: Kind, task_id: int, condition: ColumnElement[bool], **values: Any) -> bool:
    """The same, and nobody is told: for what happens many times a second."""
    statement = update(kind.model).where(kind.model.id == task_id, condition).values(**values)
    result: CursorResult[Any] = session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[assignment]
    return bool(result.rowcount)


def announce(session: Session, kind: Kind, task_id: int) -> None:
    """Tell who looks at a task that it changed."""
    live.publish(session, f"jobs:{kind.name}:{task_id}")


def waiting(now: dt.datetime) -> dict[str, Any]:
    """The columns of a task that waits from now on, a worker being told of it now."""
    ended = dict.fromkeys(("started_at", "beat_at", "finished_at", "failure"))
    return ended | {"state": Stage.QUEUED, "queued_at": now, "dispatched_at": now, "dispatches": 1}


def dispatch(session: Session, kind: Kind, task_id: int, attempt: int) -> None:
    """Tell a worker of a task once this transaction is durable."""
    enqueue_after_commit(session, kind.job, task_id, attempt, queue=kind.queue, job_id=kind.job_id(task_id, attempt))


def claim(session: Session, kind: Kind, task_id: int, attempt: int, now: dt.datetime, **values: Any) -> Task | None:
    """Start working on a task; its fresh row, or None when somebody else does, nobody should, or it is given up."""
    model = kind.model
    is_dead = and_(model.state == Stage.RUNNING, model.beat_at < now - SILENT)
    is_free = and_(model.attempt == attempt, or_(model.state == Stage.QUEUED, is_dead))
    started = {"state": Stage.RUNNING, "tries": model.tries + 1, "started_at": now, "beat_at": now, "failure": None}
    if not change_task(session, kind, task_id, is_free, **(started | values)):
        return None
    row = session.get_one(model, task_id, populate_existing=True)
    if row.tries <= kind.max_tries:
        return row
    change_task(session, kind, task_id, model.attempt == attempt, **_failed(kind.lost, now))
    return None


def held(kind: Kind, task: Held) -> ColumnElement[bool]:
    """Whether this worker still has the task."""
    model = kind.model
    return and_(model.state == Stage.RUNNING, model.attempt == task.attempt, model.tries == task.tries)


def beat(session: Session, kind: Kind, task: Held, now: dt.datetime) -> bool:
    """A sign of life; False when the task is no longer ours."""
    return change_quietly(session, kind, task.task_id, held(kind, task), beat_at=now)


def fail(session: Session, kind: Kind, task: Held, *, failure: str, is_final: bool, now: dt.datetime) -> None:
    """Give up; or, unless `is_final`, wait to be begun again while tries are left."""
    if is_final or task.tries >= kind.max_tries:
        values = _failed(failure, now)
    else:
        # A worker is told again when the reconciler finds that nobody began it.
        values = {"state": Stage.QUEUED, "failure": failure, "queued_at": now, "dispatched_at": now, "dispatches": 1}
    change_task(session, kind, task.task_id, held(kind, task), **values)


def cancel(session: Session, kind: Kind, task_id: int, condition: ColumnElement[bool], now: dt.datetime) -> bool:
    """Take a task back; its worker stops at its next sign of life."""
    return change_task(session, kind, task_id, condition, state=Stage.CANCELLED, finished_at=now)


def redispatch(session: Session, kind: Kind, task_id: int, attempt: int, now: dt.datetime) -> None:
    """Give a task whose worker or job is lost to another; nothing when it moved on meanwhile."""
    is_same = and_(kind.model.attempt == attempt, is_open(kind))
    again = {
        "state": Stage.QUEUED,
        "started_at": None,
        "beat_at": None,
        "attempt": attempt + 1,
        "dispatched_at": now,
        "dispatches": kind.model.dispatches + 1,
    }
    if change_task(session, kind, task_id, is_same, **again):
        dispatch(session, kind, task_id, attempt + 1)


def reconcile(session: Session, kind: Kind, now: dt.datetime) -> None:
    """Give what was lost to another worker, and show as failed what nobody begins. Safe to repeat.

    A task is due once nobody works on another one of its kind: a queue is served one after the other.
    """
    rows = list_open(session, kind.model)
    running = [row for row in rows if row.state == Stage.RUNNING]
    for row in running:
        if is_silent(row.beat_at, now):
            _take_back(session, kind, row, now)
    if any(not is_silent(row.beat_at, now) for row in running):
        return
    last = seen_at(session, kind.model)
    for row in rows:
        if row.state == Stage.QUEUED:
            _look_after(session, kind, row, _due_since(row, last), now)


def oldest_due(session: Session, kind: Kind, now: dt.datetime) -> dt.datetime | None:
    """Since when a task is due and not begun, or runs without a sign of life, the oldest first; None: all is well."""
    rows = list_open(session, kind.model)
    running = [row for row in rows if row.state == Stage.RUNNING]
    since = [row.beat_at for row in running if row.beat_at and is_silent(row.beat_at, now)]
    if len(since) == len(running):
        last = seen_at(session, kind.model)
        since += [due for row in rows if row.state == Stage.QUEUED and (due := _due_since(row, last))]
    return min(since, default=None)


def is_silent(at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether a sign of life is too old; one of the future was given before the clock was set back."""
    return at is None or abs(now - at) > SILENT


def _due_since(row: Waiting, last: dt.datetime | None) -> dt.datetime | None:
    times = [at for at in (row.queued_at, last) if at is not None]
    return max(times) if times else None


def _take_back(session: Session, kind: Kind, row: Waiting, now: dt.datetime) -> None:
    if row.tries < kind.max_tries:
        is_same = and_(kind.model.attempt == row.attempt, kind.model.state == Stage.RUNNING)
        if change_task(session, kind, row.id, is_same, queued_at=now, dispatches=0):
            redispatch(session, kind, row.id, row.attempt, now)
    else:
        _give_up(session, kind, row, now)


def _look_after(session: Session, kind: Kind, row: Waiting, due: dt.datetime | None, now: dt.datetime) -> None:
    waited, since_told = _between(due, now), _between(row.dispatched_at, now)
    if waited >= GIVEN_UP and row.dispatches >= TOLD and since_told >= PATIENCE:
        _give_up(session, kind, row, now)
    elif waited >= PATIENCE and since_told >= PATIENCE:
        redispatch(session, kind, row.id, row.attempt, now)


def _between(at: dt.datetime | None, now: dt.datetime) -> dt.timedelta:
    """Since then; a time of the future (the clock was set back) or none counts as long ago."""
    return now - at if at is not None and at <= now + PATIENCE else GIVEN_UP


def _give_up(session: Session, kind: Kind, row: Waiting, now: dt.datetime) -> None:
    is_same = and_(kind.model.attempt == row.attempt, kind.model.state == row.state)
    change_task(session, kind, row.id, is_same, **_failed(kind.lost, now))


def _failed(failure: str, now: dt.datetime) -> dict[str, Any]:
    return {"state": Stage.FAILED, "failure": failure, "finished_at": now}
