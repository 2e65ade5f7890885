"""What Redis knows of background work. Every function raises Unavailable while Redis does not answer."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from flask_babel import gettext as _
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from clinic.errors import NotFound, Unavailable
from clinic.ops import workers
from clinic.ops.health import problem_of
from clinic.ops.scheduler import KINDS
from clinic.ops.workers import WorkerSeen, utc
from clinic.queueing import QUEUE_NAMES, job_queue, redis_client
from clinic.tasks.models import Stage
from clinic.tasks.queries import list_open

SHOWN = 50
# Their rows in the database tell how they ended, and are taken up again by themselves.
KEPT_IN_ROWS = {kind.queue for kind in KINDS}


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs of a queue wait and run; `problem`: why they do not go on."""

    name: str
    waiting: int
    running: int
    problem: str | None


@dataclass(frozen=True)
class FailedJob:
    """A job that failed for good. `reason` is our own text or the kind of error, `places` where it happened."""

    id: str
    function: str
    failed_at: dt.datetime | None
    reason: str
    places: list[str]
    request_id: str | None


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable(_("The background service (Redis) does not answer.")) from error


def list_queues(session: Session, seen: list[WorkerSeen]) -> list[QueueDepth]:
    """Every queue of ours, and whether a worker `seen` goes on with it; what is kept in rows is counted there."""
    with _answering():
        return [_depth(session, job_queue(name), seen) for name in QUEUE_NAMES]


def _depth(session: Session, queue: Queue, seen: list[WorkerSeen]) -> QueueDepth:
    problem = problem_of(session, queue.name, seen)
    kinds = [kind for kind in KINDS if kind.queue == queue.name]
    if not kinds:
        running: Any = queue.connection.zcount(queue.started_job_registry.key, time.time(), "+inf")
        return QueueDepth(queue.name, queue.count, running, problem)
    states = [row.state for kind in kinds for row in list_open(session, kind.model)]
    return QueueDepth(queue.name, states.count(Stage.QUEUED), states.count(Stage.RUNNING), problem)


def list_workers() -> list[WorkerSeen]:
    """Every worker that Redis remembers, by name."""
    with _answering():
        return workers.list_workers()


def list_failed_jobs() -> list[FailedJob]:
    """The latest failed jobs of every queue, newest first; those kept in rows of their own are not among them."""
    with _answering():
        found = [_failed(job) for name in QUEUE_NAMES if name not in KEPT_IN_ROWS for job in _failed_of(name)]
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda job: job.failed_at or long_ago, reverse=True)[:SHOWN]


def _failed_of(name: str) -> list[Job]:
    ids = _registry(name).get_job_ids(0, SHOWN * 2, desc=True)
    jobs = Job.fetch_many(ids, connection=redis_client(), serializer=JSONSerializer)
    return [job for job in jobs if job is not None]


def _failed(job: Job) -> FailedJob:
    result = job.latest_result()
    reason, *places = (result.exc_string if result and result.exc_string else "").splitlines() or [""]
    request = job.meta.get("request_id")
    return FailedJob(job.id, str(job.func_name), utc(job.ended_at), reason, [p.strip() for p in places], request)


def _registry(name: str) -> FailedJobRegistry:
    return FailedJobRegistry(queue=job_queue(name))


def get_failed_job(job_id: str) -> tuple[Job, FailedJobRegistry]:
    """The failed job and the registry it is in, or NotFound."""
    with _answering():
        for name in QUEUE_NAMES:
            registry = _registry(name)
            if job_id in registry:
                try:
                    return Job.fetch(job_id, connection=redis_client(), serializer=JSONSerializer), registry
                except NoSuchJobError:
                    break
    raise NotFound(_("This job is not among the failed ones (any more)."))
