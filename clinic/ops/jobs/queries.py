"""What Redis knows of background work. Every function raises Unavailable while Redis does not answer."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from flask_babel import gettext as _
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from clinic.errors import NotFound, Unavailable
from clinic.exports.service import JOB as EXPORT_JOB
from clinic.imports.service import JOB as IMPORT_JOB
from clinic.queueing import QUEUE_NAMES, job_queue, redis_client

SHOWN = 50
# Their rows in the database tell how they ended, and are taken up again by themselves.
KEPT_IN_ROWS = {EXPORT_JOB, IMPORT_JOB}


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs of a queue wait, run, and wait for their next try."""

    name: str
    waiting: int
    running: int
    retrying: int


@dataclass(frozen=True)
class WorkerSeen:
    """A worker, and when it last gave a sign of life."""

    name: str
    state: str
    queues: list[str]
    seen_at: dt.datetime | None


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


def list_queues() -> list[QueueDepth]:
    """Every queue of ours."""
    with _answering():
        return [_depth(job_queue(name)) for name in QUEUE_NAMES]


def _depth(queue: Queue) -> QueueDepth:
    running, retrying = queue.started_job_registry.count, queue.scheduled_job_registry.count
    return QueueDepth(queue.name, queue.count, running, retrying)


def list_workers() -> list[WorkerSeen]:
    """Every worker that Redis remembers, by name."""
    with _answering():
        workers = Worker.all(connection=redis_client())
        found = [WorkerSeen(w.name[:8], str(w.get_state()), w.queue_names(), _utc(w.last_heartbeat)) for w in workers]
    return sorted(found, key=lambda worker: worker.name)


def list_failed_jobs() -> list[FailedJob]:
    """The latest failed jobs of every queue, newest first; those kept in rows of their own are not among them."""
    with _answering():
        found = [_failed(job) for name in QUEUE_NAMES for job in _failed_of(name)]
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda job: job.failed_at or long_ago, reverse=True)[:SHOWN]


def _failed_of(name: str) -> list[Job]:
    ids = _registry(name).get_job_ids(0, SHOWN * 2, desc=True)
    jobs = Job.fetch_many(ids, connection=redis_client(), serializer=JSONSerializer)
    return [job for job in jobs if job is not None and job.func_name not in KEPT_IN_ROWS]


def _failed(job: Job) -> FailedJob:
    result = job.latest_result()
    reason, *places = (result.exc_string if result and result.exc_string else "").splitlines() or [""]
    request = job.meta.get("request_id")
    return FailedJob(job.id, str(job.func_name), _utc(job.ended_at), reason, [p.strip() for p in places], request)


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


def _utc(instant: dt.datetime | None) -> dt.datetime | None:
    return instant.replace(tzinfo=dt.UTC) if instant and instant.tzinfo is None else instant
