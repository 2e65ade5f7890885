"""What is due, decided in the clinic's time zone, and never twice."""

import datetime as dt
import importlib
import time
from zoneinfo import ZoneInfo

import pytest
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from clinic.ops.scheduler import Scheduler
from clinic.queueing import enqueue, job_queue, redis_client
from clinic.schedules import SCHEDULES, Schedule

PARIS = ZoneInfo("Europe/Paris")
NIGHTLY = Schedule("nightly", "tests.ops.sample_jobs.note", daily_at=dt.time(3, 30))
OFTEN = Schedule("often", "tests.ops.sample_jobs.note", every=60)
pytestmark = pytest.mark.usefixtures("clean_redis")


def at(hour: int, minute: int = 0, day: int = 20) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=PARIS)


def waiting() -> list[str]:
    return job_queue().job_ids


def run_what_waits() -> None:
    """As if a worker had finished everything."""
    for job in job_queue().jobs:
        job.set_status(JobStatus.FINISHED)
    redis_client().delete(job_queue().key)


@pytest.mark.parametrize(
    ("moment", "occurrence"),
    [
        (at(3, 29), "2026-11-19"),
        (at(3, 30), "2026-11-20"),
        (dt.datetime(2026, 11, 20, 2, 30, tzinfo=dt.UTC), "2026-11-20"),
        (dt.datetime(2026, 7, 20, 1, 29, tzinfo=dt.UTC), "2026-07-19"),
        (dt.datetime(2026, 7, 20, 1, 30, tzinfo=dt.UTC), "2026-07-20"),
    ],
)
def test_a_daily_job_follows_the_wall_clock_of_the_clinic(moment: dt.datetime, occurrence: str) -> None:
    assert NIGHTLY.occurrence(moment, PARIS) == occurrence


def test_a_time_that_summer_time_skips_is_due_once_that_day() -> None:
    skipped = Schedule("skipped", "x", daily_at=dt.time(2, 30))
    night = dt.datetime(2027, 3, 27, 23, 0, tzinfo=dt.UTC)
    seen = [skipped.occurrence(night + dt.timedelta(minutes=m), PARIS) for m in range(0, 300, 10)]
    assert seen == sorted(seen)
    assert sorted(set(seen)) == ["2027-03-27", "2027-03-28"]


def test_a_job_is_enqueued_once_per_occurrence_even_after_it_ran() -> None:
    scheduler = Scheduler(PARIS, (NIGHTLY,))
    scheduler.tick(at(4))
    assert waiting() == ["schedule-nightly"]
    run_what_waits()
    scheduler.tick(at(5))
    assert waiting() == []
    scheduler.tick(at(4, day=21))
    assert waiting() == ["schedule-nightly"]


def test_a_restart_does_not_repeat_what_ran_and_catches_up_once() -> None:
    first = Scheduler(PARIS, (OFTEN,))
    first.tick(at(4))
    run_what_waits()
    first.release()
    second = Scheduler(PARIS, (OFTEN,))
    second.tick(at(4))
    assert waiting() == []
    second.tick(at(9))
    second.tick(at(9))
    assert waiting() == ["schedule-often"]


def test_two_schedulers_do_not_enqueue_twice() -> None:
    one, other = Scheduler(PARIS, (OFTEN,)), Scheduler(PARIS, (OFTEN,))
    one.tick(at(4))
    run_what_waits()
    other.tick(at(4))
    other.tick(at(6))
    assert waiting() == [], "the lock is the first one's"
    one.release()
    other.tick(at(6))
    assert waiting() == ["schedule-often"]


def test_a_job_still_waiting_is_not_added_again() -> None:
    scheduler = Scheduler(PARIS, (OFTEN,))
    for hour in (4, 5, 6):
        scheduler.tick(at(hour))
    assert waiting() == ["schedule-often"]


def test_a_retry_that_is_due_goes_back_to_its_queue() -> None:
    queue = job_queue("long")
    job = queue.enqueue_in(dt.timedelta(seconds=0), "tests.ops.sample_jobs.note", "x", job_id="later")
    time.sleep(1.1)
    Scheduler(PARIS, ()).tick(at(4))
    assert queue.job_ids == [job.id]
    assert queue.scheduled_job_registry.count == 0


def test_the_job_of_a_worker_that_died_is_retried() -> None:
    job = enqueue("tests.ops.sample_jobs.note", "x", job_id="abandoned")
    queue = job_queue()
    redis_client().delete(queue.key)
    job.set_status(JobStatus.STARTED)
    redis_client().zadd(queue.started_job_registry.key, {f"{job.id}:execution": time.time() - 5})
    Scheduler(PARIS, ()).tick(at(4))
    again = Job.fetch(job.id, connection=redis_client(), serializer=JSONSerializer)
    assert again.get_status() is JobStatus.SCHEDULED
    assert queue.started_job_registry.count == 0


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
def test_every_schedule_names_a_job_that_exists(schedule: Schedule) -> None:
    module, _, function = schedule.job.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))
    assert (schedule.every is None) != (schedule.daily_at is None)


def test_names_of_schedules_are_their_own() -> None:
    assert len({s.name for s in SCHEDULES}) == len(SCHEDULES)
