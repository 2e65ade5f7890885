"""Whether every part Clinic needs answers, with how long each took."""

import datetime as dt
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic import ROOT, clock
from clinic.documents.storage import current_storage
from clinic.errors import DomainError
from clinic.queueing import redis_client

WORKER_SEEN_WITHIN = dt.timedelta(seconds=60)


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
    """Database, migrations, Redis, storage and workers, each tried even when another failed."""
    return [
        _run("database", lambda: session.execute(text("SELECT 1"))),
        _run("migrations", lambda: _check_migrations(session)),
        _run("redis", lambda: redis_client().ping()),
        _run("storage", lambda: current_storage().check()),
        _run("worker", _check_worker),
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


def _check_worker() -> None:
    """RQ keeps a worker's record for minutes after it died: only a sign of life counts."""
    oldest = clock.now() - WORKER_SEEN_WITHIN
    seen = (worker.last_heartbeat for worker in Worker.all(connection=redis_client()))
    if not any(at is not None and at.replace(tzinfo=at.tzinfo or dt.UTC) > oldest for at in seen):
        raise NotReady("no worker was seen lately")
