"""What is due, decided in the clinic's time zone, and never twice."""

import datetime as dt
import importlib
from zoneinfo import ZoneInfo

import pytest

from clinic.ops.scheduler import LOCK, Scheduler, note_done, note_running, note_stopped
from clinic.queueing import QUEUE_NAMES, job_queue, redis_client
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
    for job_id in waiting():
        note_done(job_id)
    redis_client().delete(job_queue().key)


def scheduler_of(*schedules: Schedule) -> Scheduler:
    return Scheduler(PARIS, schedules, kinds=())


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
    scheduler = scheduler_of(NIGHTLY)
    scheduler.tick(at(4))
    assert waiting() == ["schedule-nightly"]
    run_what_waits()
    scheduler.tick(at(5))
    assert waiting() == []
    scheduler.tick(at(4, day=21))
    assert waiting() == ["schedule-nightly"]


def test_a_restart_does_not_repeat_what_ran_and_catches_up_once() -> None:
    first = scheduler_of(OFTEN)
    first.tick(at(4))
    run_what_waits()
    first.release()
    second = scheduler_of(OFTEN)
    second.tick(at(4))
    assert waiting() == []
    second.tick(at(9))
    second.tick(at(9))
    assert waiting() == ["schedule-often"]


def test_two_schedulers_do_not_enqueue_twice() -> None:
    one, other = scheduler_of(OFTEN), scheduler_of(OFTEN)
    one.tick(at(4))
    run_what_waits()
    other.tick(at(4))
    other.tick(at(6))
    assert waiting() == [], "the lock is the first one's"
    one.release()
    other.tick(at(6))
    assert waiting() == ["schedule-often"]


def test_a_job_still_waiting_is_not_added_again() -> None:
    scheduler = scheduler_of(OFTEN)
    for hour in (4, 5, 6):
        scheduler.tick(at(hour))
    assert waiting() == ["schedule-often"]


def lose_what_waits() -> None:
    """As if the worker that took everything had been killed: RQ goes on saying that all of it waits."""
    client, queue = redis_client(), job_queue()
    while client.lmove(queue.key, queue.intermediate_queue_key):
        pass


@pytest.mark.guards("a job of the schedule that was lost with its worker is begun again, whatever Redis says of it")
def test_the_job_of_a_worker_that_died_is_begun_again_after_a_moment() -> None:
    scheduler = scheduler_of(NIGHTLY)
    scheduler.tick(at(4))
    lose_what_waits()
    scheduler.tick(at(4) + dt.timedelta(seconds=2))
    assert waiting() == []
    scheduler.tick(at(4) + dt.timedelta(seconds=6))
    assert waiting() == ["schedule-nightly"]
    run_what_waits()
    scheduler.tick(at(5))
    assert waiting() == []


@pytest.mark.guards("a job of the schedule that is stuck does not block its schedule")
def test_a_stuck_job_does_not_block_the_next_occurrence() -> None:
    scheduler = scheduler_of(OFTEN)
    scheduler.tick(at(4))
    lose_what_waits()
    scheduler.tick(at(4, 2))
    assert waiting() == ["schedule-often"]


def test_a_job_that_runs_and_gives_signs_of_life_is_not_begun_beside_itself() -> None:
    scheduler = scheduler_of(OFTEN)
    scheduler.tick(at(4))
    lose_what_waits()
    note_running("schedule-often")
    scheduler.tick(at(4, 2))
    assert waiting() == []
    note_stopped("schedule-often")
    scheduler.tick(at(4, 3))
    assert waiting() == ["schedule-often"]


def test_a_job_that_fails_each_time_is_given_up_until_its_next_time() -> None:
    scheduler, began = scheduler_of(NIGHTLY), []
    for minute in range(60):
        scheduler.tick(at(4, minute))
        began += waiting()
        lose_what_waits()
    assert began == ["schedule-nightly"] * 4
    scheduler.tick(at(4, day=21))
    assert waiting() == ["schedule-nightly"]


@pytest.mark.guards("nothing that one schedule throws keeps the others from running")
def test_what_one_schedule_throws_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    redis_client().set("clinic:schedule:often", "not what it should be")
    scheduler_of(OFTEN, NIGHTLY).tick(at(4))
    assert waiting() == ["schedule-nightly"]
    assert "enqueueing often failed" in caplog.text


@pytest.mark.guards("a lock that RQ's dead worker left holds nothing back")
def test_the_locks_of_dead_workers_hold_nothing_back() -> None:
    for name in QUEUE_NAMES:
        assert job_queue(name).acquire_maintenance_lock()
    scheduler_of(NIGHTLY).tick(at(4))
    assert waiting() == ["schedule-nightly"]
    assert 0 < redis_client().ttl(LOCK) <= 15


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
def test_every_schedule_names_a_job_that_exists(schedule: Schedule) -> None:
    module, _, function = schedule.job.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))
    assert (schedule.every is None) != (schedule.daily_at is None)


def test_names_of_schedules_are_their_own() -> None:
    assert len({s.name for s in SCHEDULES}) == len(SCHEDULES)
