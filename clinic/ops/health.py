"""Whether every part Clinic needs answers, with how long each took."""

import datetime as dt
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic import ROOT, clock
from clinic.documents.storage import current_storage
from clinic.errors import DomainError
from clinic.ops import scheduler
from clinic.ops.workers import WorkerSeen, list_workers
from clinic.queueing import QUEUE_NAMES, redis_client
from clinic.tasks.service import oldest_due

WORKER_SEEN_WITHIN = dt.timedelta(seconds=60)
# A task that is due is begun, or shown as failed, within two minutes.
NO_WORKER, NOT_BEGUN = "no worker was seen lately", "what is due is not begun"
BEGUN_WITHIN = dt.timedelta(seconds=120)


class NotReady(Exception):
    """A check failed for a reason of our own."""


@dataclass(frozen=True)
class Check:
    """What one check found; `problem` names a kind of failure and never holds values or addresses."""

    name: str
    ms: float
    problem: str | None = None

    @property
    def is_ok(self) -> bool:
        return self.problem is None


def run_checks(session: Session) -> list[Check]:
    """Database, migrations, Redis, storage, the worker of each queue and the schedule, each tried even when another
    failed."""
    workers = functools.cache(list_workers)
    return [
        _run("database", lambda: session.execute(text("SELECT 1"))),
        _run("migrations", lambda: _check_migrations(session)),
        _run("redis", lambda: redis_client().ping()),
        _run("storage", lambda: current_storage().check()),
        *(_run(f"{queue} worker", functools.partial(_check_queue, session, queue, workers)) for queue in QUEUE_NAMES),
        _run("schedule", _check_schedule),
    ]


def _run(name: str, check: Callable[[], object]) -> Check:
    started, problem = time.perf_counter(), None
    try:
        check()
    except NotReady as error:
        problem = str(error)
    except (SQLAlchemyError, redis.RedisError, DomainError, OSError) as error:
        problem = type(error).__name__
    return Check(name, round((time.perf_counter() - started) * 1000, 1), problem)


def _check_migrations(session: Session) -> None:
    if not is_migrated(session):
        raise NotReady("the database is not at the newest migration")


def is_migrated(session: Session) -> bool:
    """Whether the database is at the newest migration."""
    current = set(MigrationContext.configure(session.connection()).get_current_heads())
    return current == _newest_migrations()


@functools.cache
def _newest_migrations() -> frozenset[str]:
    return frozenset(ScriptDirectory(str(ROOT / "migrations")).get_heads())


def _check_queue(session: Session, queue: str, workers: Callable[[], list[WorkerSeen]]) -> None:
    """A worker of this queue lives, and what is due is begun. RQ keeps a worker's record for minutes after it died:
    only a sign of life counts."""
    now = clock.now()
    seen = [worker.seen_at for worker in workers() if queue in worker.queues and worker.seen_at]
    if not any(at > now - WORKER_SEEN_WITHIN for at in seen):
        raise NotReady(NO_WORKER)
    for kind in scheduler.KINDS:
        due = oldest_due(session, kind, now) if kind.queue == queue else None
        if due is not None and now - due > BEGUN_WITHIN:
            raise NotReady(NOT_BEGUN)


def problem_of(session: Session, queue: str, workers: list[WorkerSeen]) -> str | None:
    """Why the jobs of a queue do not go on with these workers, if they do not: NO_WORKER or NOT_BEGUN."""
    try:
        _check_queue(session, queue, lambda: workers)
    except NotReady as error:
        return str(error)
    return None


def _check_schedule() -> None:
    if not scheduler.is_alive():
        raise NotReady("nobody decides what is due")
    if scheduler.late_schedules(clock.now()):
        raise NotReady("a job of the schedule is late")
