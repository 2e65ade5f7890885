"""Which workers live, by their own signs of life."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from rq import worker_registration
from rq.utils import utcparse

from clinic.queueing import redis_client

_FIELDS = ("queues", "state", "last_heartbeat", "death")


@dataclass(frozen=True)
class WorkerSeen:
    """A worker, and when it last gave a sign of life."""

    name: str
    state: str
    queues: list[str]
    seen_at: dt.datetime | None


def list_workers() -> list[WorkerSeen]:
    """Every worker that Redis remembers, by name. Raises RedisError.

    Read from Redis itself: RQ's own list sets the time limits of the connections it is given to minutes.
    """
    client: Any = redis_client()
    keys = sorted(key.decode() for key in client.smembers(worker_registration.REDIS_WORKER_KEYS))
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hmget(key, _FIELDS)
        found = [_worker(key, values) for key, values in zip(keys, pipeline.execute(), strict=True)]
    return [worker for worker in found if worker is not None]


def _worker(key: str, values: list[bytes | None]) -> WorkerSeen | None:
    queues, state, heartbeat, death = (value.decode() if value else "" for value in values)
    if not queues or death:
        return None
    name = key.rpartition(":")[2]
    return WorkerSeen(name[:8], state, queues.split(","), utc(utcparse(heartbeat)) if heartbeat else None)


def utc(instant: dt.datetime | None) -> dt.datetime | None:
    """RQ's times, which may lack their zone."""
    return instant.replace(tzinfo=dt.UTC) if instant and instant.tzinfo is None else instant
