"""The tick: retries and schedules that are due go to the queues, jobs of dead workers are taken up again.

Any number of processes may tick: RQ's lock per queue lets one of them work, and the last occurrence of each
schedule is exchanged atomically in Redis.
"""

import datetime as dt
import logging
import signal
import time
from zoneinfo import ZoneInfo

import redis
from rq.registry import StartedJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from clinic import clock
from clinic.errors import Unavailable
from clinic.queueing import QUEUE_NAMES, enqueue, job_queue, redis_client
from clinic.schedules import SCHEDULES, Schedule

TICK_SECONDS = 2
_KEEP_OCCURRENCE = 60 * 24 * 3600
log = logging.getLogger(__name__)


class Scheduler:
    """Decides what is due, in the clinic's time zone."""

    def __init__(self, zone: ZoneInfo, schedules: tuple[Schedule, ...] = SCHEDULES) -> None:
        self._zone = zone
        self._schedules = schedules
        self._retries = RQScheduler(
            QUEUE_NAMES, connection=redis_client(), serializer=JSONSerializer, logging_level="WARNING"
        )

    def tick(self, now: dt.datetime) -> None:
        """Do what is due at `now`; nothing while another process holds the lock or Redis does not answer."""
        try:
            owned = self._retries.acquire_locks()
            self._retries.enqueue_scheduled_jobs()
            for name in owned:
                _recover_abandoned(name)
            if owned:
                for schedule in self._schedules:
                    self._enqueue_due(schedule, now)
        except (redis.RedisError, Unavailable) as error:
            log.warning("the scheduler could not reach Redis: %s", type(error).__name__)

    def release(self) -> None:
        """Let another process take over at once."""
        try:
            self._retries.release_locks()
        except redis.RedisError as error:
            log.warning("the scheduler kept its lock: %s", type(error).__name__)

    def _enqueue_due(self, schedule: Schedule, now: dt.datetime) -> None:
        occurrence, key = schedule.occurrence(now, self._zone), f"clinic:schedule:{schedule.name}"
        previous = redis_client().set(key, occurrence, get=True, ex=_KEEP_OCCURRENCE)
        if previous != occurrence.encode():
            enqueue(schedule.job, job_id=f"schedule-{schedule.name}")


def _recover_abandoned(queue_name: str) -> None:
    """Retry the jobs whose worker stopped giving signs of life about a minute ago."""
    queue = job_queue(queue_name)
    if queue.acquire_maintenance_lock():
        try:
            StartedJobRegistry(queue=queue).cleanup()
        finally:
            queue.release_maintenance_lock()


def run(scheduler: Scheduler) -> None:
    """Tick until SIGINT or SIGTERM; what was begun is finished first."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: asked.append(received))
    while not asked:
        scheduler.tick(clock.now())
        time.sleep(TICK_SECONDS)
    scheduler.release()
