"""A wrong clock changes no rows: what is done only because time has passed waits until the clock is believed."""

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.audit.service import SystemActor, record
from clinic.audit.trusted_clock import CONFIRMED, Doubt, confirm_clock, find_doubt, note_clock
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.queue.closing import jobs
from clinic.queue.models import QueueEntry, State
from clinic.queueing import job_queue, redis_client
from tests.browser_client import Browser
from tests.factories import Factory

DAY = dt.timedelta(days=1)
MANAGER = SystemActor("a manager")


@pytest.fixture
def noted(app: Flask) -> Iterator[Path]:
    """The data folder, without a note of the clock before and after."""
    var: Path = app.config["CLINIC"].var
    (var / "clock.json").unlink(missing_ok=True)
    yield var
    (var / "clock.json").unlink(missing_ok=True)


def write_entry(session: Session, at: dt.datetime) -> None:
    with transaction(session) as write:
        record(write, "notes.write", "note", 1, actor=MANAGER, now=at)


def confirm(session: Session, at: dt.datetime) -> None:
    with transaction(session) as write:
        confirm_clock(write, actor=MANAGER, now=at)


@pytest.mark.guards("the clock is doubted after a pause of more than four days, or with the last entry ahead of it")
def test_against_the_log(session: Session, noted: Path) -> None:
    now = clock.now()
    assert find_doubt(session, now=now, var=noted) is None, "an empty log says nothing"
    write_entry(session, now)
    assert find_doubt(session, now=now + 3.9 * DAY, var=noted) is None
    assert find_doubt(session, now=now + 4.1 * DAY, var=noted) is Doubt.PAUSE
    assert find_doubt(session, now=now - dt.timedelta(minutes=4), var=noted) is None
    assert find_doubt(session, now=now - dt.timedelta(minutes=6), var=noted) is Doubt.FUTURE


@pytest.mark.guards("work under a wrong clock does not make the clock believed; only somebody who says so does")
def test_entries_of_a_wrong_clock_do_not_end_the_doubt(session: Session, noted: Path) -> None:
    now, wrong = clock.now(), clock.now() + 40 * DAY
    write_entry(session, now)
    write_entry(session, wrong)
    assert find_doubt(session, now=wrong + dt.timedelta(hours=1), var=noted) is Doubt.PAUSE
    confirm(session, wrong + dt.timedelta(hours=2))
    assert find_doubt(session, now=wrong + dt.timedelta(hours=2), var=noted) is None
    write_entry(session, now + dt.timedelta(hours=3))
    assert find_doubt(session, now=now + dt.timedelta(hours=3), var=noted) is None, "it was put right"


@pytest.mark.guards("the clock is doubted when it moved by more than five minutes while the machine was running")
def test_against_the_machines_own_count(session: Session, noted: Path) -> None:
    now = clock.now()
    write_entry(session, now)
    note_clock(session, now=now, var=noted)
    assert find_doubt(session, now=now + dt.timedelta(minutes=4), var=noted) is None
    assert find_doubt(session, now=now + dt.timedelta(minutes=6), var=noted) is Doubt.MOVED
    later = now + dt.timedelta(hours=2)
    note_clock(session, now=later, var=noted)
    assert find_doubt(session, now=later, var=noted) is Doubt.MOVED, "a note is made once, not after the step"
    confirm(session, later)
    assert find_doubt(session, now=later, var=noted) is None
    note_clock(session, now=later, var=noted)
    assert find_doubt(session, now=later + dt.timedelta(minutes=6), var=noted) is Doubt.MOVED
    note = json.loads((noted / "clock.json").read_text())
    assert note["offset"] == pytest.approx(later.timestamp() - time.clock_gettime(time.CLOCK_BOOTTIME), abs=60)
    (noted / "clock.json").write_text("{")
    assert find_doubt(session, now=later + dt.timedelta(hours=1), var=noted) is None, "a torn note says nothing"


@pytest.mark.guards("a wrong clock closes no day: the jobs wait until somebody says that it is right")
def test_nothing_is_closed_until_somebody_says_so(
    app: Flask, session: Session, make: Factory, browser: Browser, noted: Path
) -> None:
    write_entry(session, clock.now() - 9 * DAY)
    entry = make.ticket(make.service(make.department()), now=clock.now() - DAY).id

    def state() -> State:
        session.expire_all()
        found: State = session.scalars(select(QueueEntry.state).where(QueueEntry.id == entry)).one()
        return found

    jobs.close_past_days()
    assert state() is State.WAITING
    browser.sign_in(make.user(Role.RECEPTIONIST))
    assert "Tell a manager" in browser.page("/today")
    assert browser.post("/today/clock").status_code == 403
    browser.sign_in(make.user(Role.MANAGER))
    page = browser.page("/today")
    assert "The clock is right, go on" in page
    assert "Nothing was noted for more than four days" in page
    redis_client().delete(job_queue().key)
    assert browser.post("/today/clock").status_code == 303
    assert "schedule-close-past-days" in job_queue().job_ids, "what was held back is done at once"
    assert "schedule-duplicates-match" not in job_queue().job_ids
    assert session.scalar(select(func.count()).where(AuditEntry.action == CONFIRMED)) == 1
    assert "clock-doubt" not in browser.page("/today")
    jobs.close_past_days()
    assert state() is not State.WAITING
