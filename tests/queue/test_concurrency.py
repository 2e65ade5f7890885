"""Many people at once, on a database of the test's own where commits are real."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from clinic.config import Settings
from clinic.db import db, transaction
from clinic.directory.models import Department, Room, Service
from clinic.errors import Conflict
from clinic.idempotency import key_of
from clinic.queue import service
from clinic.queue.models import Lane, QueueEntry, QueueEvent, State, Step
from tests.databases import own_clinic
from tests.factories import NOW, TESTER, ZONE
from tests.together import at_once


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """An app on a fresh database with one department, room and service, each with id 1."""
    with own_clinic(settings) as app:
        with transaction() as session:
            session.add(Department(id=1, name="General practice"))
            session.flush()
            session.add(Room(id=1, department_id=1, name="Room 1"))
            session.add(Service(id=1, department_id=1, name="Consultation", ticket_prefix="A"))
        yield app


def join(**values: object) -> int:
    with transaction() as session:
        given = {"service_id": 1, "actor": TESTER, "now": NOW, "zone": ZONE, **values}
        return service.join_queue(session, **given).number  # type: ignore[arg-type]


def call_until_empty(_worker: int) -> list[int]:
    called: list[int] = []
    while True:
        with transaction() as session:
            entry = service.call_next(session, department_id=1, room_id=1, actor=TESTER, now=NOW, zone=ZONE)
            if entry is None:
                return called
            called.append(entry.id)


def test_ten_callers_empty_a_queue_of_500_without_repeat_or_gap(clinic: Flask) -> None:
    lanes = list(Lane)
    with transaction() as session:
        for number in range(500):
            at = NOW + dt.timedelta(seconds=number)
            service.join_queue(session, service_id=1, lane=lanes[number % 3], actor=TESTER, now=at, zone=ZONE)
    each = at_once(clinic, 10, call_until_empty)
    called = [entry_id for one in each for entry_id in one]
    assert len(called) == len(set(called)) == 500
    with clinic.app_context():
        calls = select(QueueEvent.entry_id).where(QueueEvent.step == Step.CALL).order_by(QueueEvent.id)
        in_order = db.session.scalars(calls).all()
        ranks = {e.id: (lanes.index(e.lane), e.joined_at, e.id) for e in db.session.scalars(select(QueueEntry))}
        assert set(db.session.scalars(select(QueueEntry.state))) == {State.CALLED}
        assert set(db.session.scalars(select(QueueEntry.call_count))) == {1}
    # Nobody was skipped: the order of calls is the order of the queue.
    assert [ranks[i] for i in in_order] == sorted(ranks.values())


def test_eight_clerks_give_tickets_without_repeat_or_gap(clinic: Flask) -> None:
    each = at_once(clinic, 8, lambda _worker: [join() for _ in range(25)])
    given = sorted(number for one in each for number in one)
    assert given == list(range(1, 201))


def test_of_eight_who_call_the_same_ticket_one_wins(clinic: Flask) -> None:
    join()

    def call(_worker: int) -> bool:
        try:
            with transaction() as session:
                service.move_entry(session, entry_id=1, step=Step.CALL, room_id=1, actor=TESTER, now=NOW)
        except Conflict:
            return False
        return True

    assert sorted(at_once(clinic, 8, call)) == [False] * 7 + [True]


def test_calling_this_one_and_calling_next_never_meet(clinic: Flask) -> None:
    for _ in range(40):
        join()

    def call_this(worker: int) -> list[int]:
        won = []
        for entry_id in range(1, 41):
            try:
                with transaction() as session:
                    service.move_entry(session, entry_id=entry_id, step=Step.CALL, room_id=1, actor=TESTER, now=NOW)
                won.append(entry_id)
            except Conflict:
                continue
        return won

    each = at_once(clinic, 6, lambda worker: (call_this if worker % 2 else call_until_empty)(worker))
    called = sorted(entry_id for one in each for entry_id in one)
    assert called == list(range(1, 41))


def test_one_form_sent_eight_times_at_once_gives_one_ticket_and_one_call(clinic: Flask) -> None:
    tickets = at_once(clinic, 8, lambda _worker: join(key=key_of("same-form-same-key")))
    assert set(tickets) == {1}
    join()

    def call(_worker: int) -> int | None:
        with transaction() as session:
            entry = service.call_next(
                session,
                department_id=1,
                room_id=1,
                key=key_of("same-call-same-key"),
                actor=TESTER,
                now=NOW,
                zone=ZONE,
            )
            return entry.number if entry else None

    assert set(at_once(clinic, 8, call)) == {1}
