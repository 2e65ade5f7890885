"""What runs by the clock: one line per job. Times of day are the clinic's own."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from zoneinfo import ZoneInfo

from clinic.errors import Unavailable
from clinic.queueing import enqueue

PREFIX = "schedule-"


@dataclass(frozen=True)
class Schedule:
    """A job without arguments, every so many seconds or daily at a time of the clinic's wall clock.

    The job must be idempotent. What fell due while nothing ran is caught up once.
    """

    name: str
    job: str
    every: int | None = None
    daily_at: dt.time | None = None

    @property
    def job_id(self) -> str:
        """The name under which it is in line: once at a time, whoever puts it there."""
        return f"{PREFIX}{self.name}"

    def occurrence(self, now: dt.datetime, zone: ZoneInfo) -> str:
        """Which occurrence is the latest at `now`; it runs once."""
        if self.every:
            return str(int(now.timestamp()) // self.every)
        local = now.astimezone(zone)
        is_due = self.daily_at is not None and local.time() >= self.daily_at
        return (local.date() - dt.timedelta(days=0 if is_due else 1)).isoformat()


SCHEDULES: tuple[Schedule, ...] = (
    # In the small hours: who works past midnight is not interrupted.
    Schedule("close-past-days", "clinic.queue.closing.jobs.close_past_days", daily_at=dt.time(3)),
    Schedule("exports-clean-up", "clinic.exports.jobs.clean_up", every=3600),
    Schedule("drafts-clean-up", "clinic.auth.drafts.jobs.clean_up", every=3600),
    Schedule("sign-ins-clean-up", "clinic.auth.jobs.clean_up", every=3600),
    Schedule("photos-clean-up", "clinic.patients.photo.jobs.clean_up", every=86400),
    Schedule("uploads-sweep", "clinic.documents.uploads.jobs.sweep", every=300),
    Schedule("duplicates-match", "clinic.patients.duplicates.jobs.match_waiting", every=15),
    Schedule("ticket-links-clean-up", "clinic.queue.phone.jobs.clean_up", daily_at=dt.time(3, 40)),
    Schedule("write-log-shorten", "clinic.ops.upkeep.jobs.shorten_write_log", every=300),
    Schedule("imports-clean-up", "clinic.imports.jobs.clean_up", every=3600),
)


def enqueue_held_back() -> None:
    """Run at once what waits for the clock to be believed; while Redis is away the next occurrence brings it."""
    for schedule in SCHEDULES:
        module, _dot, name = schedule.job.rpartition(".")
        if getattr(getattr(import_module(module), name), "waits_for_clock", False):
            with suppress(Unavailable):
                enqueue(schedule.job, job_id=schedule.job_id)
