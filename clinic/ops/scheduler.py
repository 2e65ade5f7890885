"""The tick: what is due by the clock goes to its queue, and rows whose worker or job is lost go to another one.

Any number of processes may tick: a key that expires within seconds lets one of them decide what is due, and looking
after rows is harmless when two do it at once.
"""

import datetime as dt
import logging
import secrets
import signal
import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from clinic import clock
from clinic.db import current_session, db, transaction
from clinic.exports.service import KIND as EXPORTS
from clinic.imports.service import KIND as IMPORTS
from clinic.ops.surviving import surviving
from clinic.queueing import enqueue, is_in_line, job_queue, redis_client
from clinic.schedules import PREFIX, SCHEDULES, Schedule
from clinic.tasks import service as tasks
from clinic.tasks.queries import list_open

if TYPE_CHECKING:
    from flask import Flask

KINDS = (EXPORTS, IMPORTS)
TICK_SECONDS = 2
LOCK, LOCK_SECONDS = "clinic:scheduler", 15
# A job without a sign of life for so long is dead, and its schedule goes on without it.
RUNNING_SECONDS = 60
# A job that fails, or is lost, is begun again after these seconds, and then waits for its next time.
PAUSES = (5, 30, 120)
# A schedule that was due for so long without coming to an end is late.
LATE = dt.timedelta(minutes=15)
_KEEP = 60 * 24 * 3600
log = logging.getLogger(__name__)


class Scheduler:
    """Decides what is due, in the clinic's time zone."""

    def __init__(
        self, zone: ZoneInfo, schedules: tuple[Schedule, ...] = SCHEDULES, kinds: tuple[tasks.Kind, ...] = KINDS
    ) -> None:
        self._zone, self._schedules, self._kinds = zone, schedules, kinds
        self._token = secrets.token_hex(8).encode()

    def tick(self, now: dt.datetime) -> None:
        """Do what is due at `now`; what fails is logged and tried again at the next tick."""
        for kind in self._kinds:
            with surviving(f"looking after every {kind.name}"):
                self._look_after(kind, now)
        with surviving("the schedule"):
            if self._is_mine():
                for schedule in self._schedules:
                    with surviving(f"enqueueing {schedule.name}"):
                        self._enqueue_due(schedule, now)

    def _look_after(self, kind: tasks.Kind, now: dt.datetime) -> None:
        # A clinic in which nothing waits or runs takes no turn to write.
        if list_open(current_session(), kind.model):
            with transaction() as session:
                tasks.reconcile(session, kind, now)

    def release(self) -> None:
        """Let another process take over at once."""
        with surviving("giving the schedule to others"):
            if redis_client().get(LOCK) == self._token:
                redis_client().delete(LOCK)

    def _is_mine(self) -> bool:
        client = redis_client()
        if client.set(LOCK, self._token, nx=True, ex=LOCK_SECONDS):
            return True
        return client.get(LOCK) == self._token and bool(client.expire(LOCK, LOCK_SECONDS))

    def _enqueue_due(self, schedule: Schedule, now: dt.datetime) -> None:
        """Begin the latest occurrence, unless it is done, waits in line, or runs and gives signs of life."""
        client, key, job_id = redis_client(), _key(schedule.name), schedule.job_id
        occurrence, kept = schedule.occurrence(now, self._zone), _kept(schedule.name)
        if kept.get("done") == occurrence or is_in_line(job_queue(), job_id) or client.exists(_running(job_id)):
            return
        is_again = kept.get("occurrence") == occurrence
        tries = int(kept["tries"]) if is_again else 0
        if tries and (tries > len(PAUSES) or 0 <= now.timestamp() - float(kept["at"]) < PAUSES[tries - 1]):
            return
        first = kept["since"] if is_again else now.timestamp()
        values = {"occurrence": occurrence, "tries": tries + 1, "at": now.timestamp(), "since": first}
        client.hset(key, mapping=values)
        client.expire(key, _KEEP)
        enqueue(schedule.job, job_id=job_id)


def _key(name: str) -> str:
    return f"clinic:schedule:{name}"


def _running(job_id: str) -> str:
    return f"clinic:running:{job_id}"


def _kept(name: str) -> dict[str, str]:
    """What is known of a schedule's latest occurrence; nothing after a flush: then everything is due once more."""
    kept: Any = redis_client().hgetall(_key(name))
    return {field.decode(): value.decode() for field, value in kept.items()}


def note_running(job_id: str) -> None:
    """A sign of life of the worker that runs a job."""
    redis_client().set(_running(job_id), 1, ex=RUNNING_SECONDS)


def note_stopped(job_id: str) -> None:
    """Its worker is done with a job, however it ended."""
    redis_client().delete(_running(job_id))


def note_done(job_id: str) -> None:
    """A job came to its end: the occurrence that it was begun for is over."""
    if job_id.startswith(PREFIX):
        with surviving("noting what is done"):
            name = job_id.removeprefix(PREFIX)
            occurrence: Any = redis_client().hget(_key(name), "occurrence")
            if occurrence is not None:
                redis_client().hset(_key(name), "done", occurrence)


def late_schedules(now: dt.datetime, schedules: tuple[Schedule, ...] = SCHEDULES) -> list[str]:
    """The schedules whose job was due long ago and has not come to an end."""
    late = []
    for schedule in schedules:
        kept = _kept(schedule.name)
        is_open = "since" in kept and kept.get("done") != kept["occurrence"]
        if is_open and now.timestamp() - float(kept["since"]) > LATE.total_seconds():
            late.append(schedule.name)
    return late


def is_alive() -> bool:
    """Whether some process decides what is due."""
    return bool(redis_client().exists(LOCK))


def run(scheduler: Scheduler, app: "Flask") -> None:
    """Tick until SIGINT or SIGTERM; what was begun is finished first."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: asked.append(received))
    while not asked:
        with app.app_context():
            scheduler.tick(clock.now())
            db.session.remove()
        time.sleep(TICK_SECONDS)
    scheduler.release()
