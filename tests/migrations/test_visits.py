"""Tickets from before there were visits get theirs."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic import create_app
from clinic.config import Settings
from clinic.db import db, transaction
from clinic.queue.checkin import service as checkin
from clinic.queue.models import QueueEntry, Step
from clinic.queue.service import join_queue, move_entry
from clinic.visits.models import State, Visit
from tests.databases import fresh_database
from tests.factories import NOW, TESTER, ZONE, Factory
from tests.queue.checkin.story import assert_one_story

YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
NAMES = {"Ana": State.FINISHED, "Ben": State.LEFT, "Cleo": State.CANCELLED, "Dora": State.WAITING}
STEPS = {"Ana": (Step.CALL, Step.START, Step.FINISH), "Ben": (Step.LEAVE,), "Cleo": (Step.CANCEL,), "Dora": ()}


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """An app on a database of its own, with tickets of a past day in several states."""
    with fresh_database(settings) as own:
        app = create_app(own)
        with app.app_context():
            upgrade()
            _fill(db.session())
            yield app
            db.session.remove()
            db.engine.dispose()


def _fill(session: Session) -> None:
    make = Factory(session)
    service = make.service(make.department())
    for name in NAMES:
        patient = make.patient(name)
        with transaction(session):
            given = {"patient_id": patient.id, "service_id": service.id, "zone": ZONE}
            entry = checkin.check_in(session, actor=TESTER, now=YESTERDAY, **given)
            for step in STEPS[name]:
                move_entry(session, entry_id=entry.id, step=step, reason="Ill", actor=TESTER, now=YESTERDAY)
    with transaction(session):
        join_queue(session, service_id=service.id, actor=TESTER, now=NOW, zone=ZONE)


def test_old_tickets_get_the_visits_they_tell_of(clinic: Flask) -> None:
    db.session.remove()
    downgrade(revision="0008_appointments")
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM queue_entries")) == len(NAMES) + 1
    upgrade()
    session = db.session()
    states = {visit.patient.given_name: visit.state for visit in session.scalars(select(Visit))}
    assert states == NAMES
    assert session.scalars(select(QueueEntry).where(QueueEntry.visit_id.is_(None))).one().patient_id is None
    assert_one_story(session)
