"""Background jobs: the Redis connection and enqueue().

Jobs are named by dotted path and carry identifiers only, as JSON: nothing that Redis holds can run code or
tells about a patient.
"""

import logging

import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from clinic import hurry
from clinic.db import after_commit
from clinic.errors import Unavailable
from clinic.tracing import request_id

# One worker or more for each: an import that takes an hour makes no export wait.
QUEUE_NAMES = ("default", "exports", "imports")
JOB_TIMEOUT = 4 * 3600
RESULT_TTL = 24 * 3600
FAILURE_TTL = 30 * 24 * 3600
log = logging.getLogger(__name__)


class _Connection:
    url = ""
    client: "redis.Redis | None" = None
    hurried: "redis.Redis | None" = None


def connect(url: str) -> redis.Redis:
    """Set the process's Redis; connections are made when first used, each call bounded in time.

    The same address again keeps the client: streams and jobs may be using it. Returns the patient one.
    """
    if _Connection.client is None or _Connection.url != url:
        _Connection.url = url
        _Connection.client = redis.Redis.from_url(
            url, socket_connect_timeout=2, socket_timeout=15, health_check_interval=30, max_connections=600
        )
        _Connection.hurried = redis.Redis(connection_pool=hurry.hurried_pool(url))
        hurry.forget()
    return _Connection.client


def redis_client() -> redis.Redis:
    """The process's Redis client, inside a request one that does not wait; RuntimeError before connect()."""
    client = _Connection.hurried if hurry.is_hurried() else _Connection.client
    if client is None:
        raise RuntimeError("Redis is not set up: create the app first.")
    return client


def job_queue(name: str = "default") -> Queue:
    """The RQ queue of this name."""
    return Queue(name, connection=redis_client(), serializer=JSONSerializer, default_timeout=JOB_TIMEOUT)


def enqueue(path: str, *args: int | str, queue: str = "default", job_id: str | None = None) -> None:
    """Ask a worker to call `path(*args)`. A job with a given id that stands in the queue is not added twice.

    Nothing repeats it when it fails or its worker dies: who needs that keeps a row, or a schedule, and looks after it.
    Raises Unavailable while Redis does not answer.
    """
    target = job_queue(queue)
    try:
        if job_id is not None:
            if is_in_line(target, job_id):
                return
            forget(target, job_id)
        target.enqueue(
            path,
            *args,
            job_id=job_id,
            result_ttl=RESULT_TTL,
            failure_ttl=FAILURE_TTL,
            meta={"request_id": request_id.get()},
        )
    except redis.RedisError as error:
        raise Unavailable("The background service does not answer; try again in a moment.") from error


def enqueue_after_commit(session: Session, path: str, *args: int | str, queue: str, job_id: str) -> None:
    """Hand a row that waits for its job to a worker, once it is durable.

    While Redis is down the row goes on waiting; the area's reconciler hands it on later.
    """
    after_commit(session, lambda: _enqueue_or_wait(path, *args, queue=queue, job_id=job_id))


def _enqueue_or_wait(path: str, *args: int | str, queue: str, job_id: str) -> None:
    try:
        enqueue(path, *args, queue=queue, job_id=job_id)
    except Unavailable:
        log.warning("job waits for Redis", extra={"job": job_id})


def is_in_line(queue: Queue, job_id: str) -> bool:
    """Whether a worker will come to this job: it stands in the queue itself. What RQ calls its status is not asked."""
    return queue.connection.lpos(queue.key, job_id) is not None


def forget(queue: Queue, job_id: str) -> None:
    """Remove what RQ knows of a job, key by key: its own way raises for what a dead worker left or what expired."""
    registries = (queue.started_job_registry, queue.finished_job_registry, queue.failed_job_registry)
    with queue.connection.pipeline() as pipeline:
        pipeline.delete(Job.key_for(job_id), f"rq:results:{job_id}", f"rq:executions:{job_id}")
        for registry in registries:
            pipeline.zrem(registry.key, job_id)
        pipeline.lrem(queue.key, 0, job_id)
        pipeline.lrem(queue.intermediate_queue_key, 0, job_id)
        pipeline.execute()
