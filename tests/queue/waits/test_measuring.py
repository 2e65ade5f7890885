"""What the records of a queue say: measured times, who is in a room, how many call."""

import datetime as dt

from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.directory.models import Department, Room, Service
from clinic.queue import service as queue
from clinic.queue.models import Lane, QueueEntry, Step
from clinic.queue.waits.outlook import FRESH, Outlooks
from clinic.queue.waits.queries import Stay, measure, read_history, read_situation
from tests.factories import NOW, TESTER, ZONE, Factory
from tests.query_count import count_queries

TODAY = NOW.date()


def at(minutes: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def stay(joined: float, called: float, finished: float, room_id: int = 1, service_id: int = 1) -> Stay:
    return Stay(service_id, TODAY, room_id, at(joined), at(called), at(finished))


def test_what_happens_between_two_patients_counts_while_somebody_waits() -> None:
    assert measure([stay(0, 10, 20), stay(5, 23, 30)]) == {1: [420.0, 780.0]}


def test_an_idle_room_and_a_long_pause_do_not_count() -> None:
    assert measure([stay(0, 10, 20), stay(21, 23, 30)]) == {1: [420.0, 600.0]}
    assert measure([stay(0, 10, 20), stay(5, 50, 60)]) == {1: [600.0, 600.0]}


def test_rooms_are_measured_apart() -> None:
    assert measure([stay(0, 10, 20), stay(0, 12, 18, room_id=2)]) == {1: [360.0, 600.0]}


def take(session: Session, entry: QueueEntry, minutes: float, *steps: Step, room: Room | None = None) -> None:
    for step in steps:
        with transaction(session):
            queue.move_entry(
                session,
                entry_id=entry.id,
                step=step,
                room_id=room.id if room else None,
                actor=TESTER,
                now=at(minutes),
            )


def ticket(make: Factory, consultation: Service, minutes: float, lane: Lane = Lane.NORMAL) -> QueueEntry:
    return make.ticket(consultation, now=at(minutes), zone=ZONE, lane=lane)


def rooms(make: Factory) -> tuple[Department, Service, Room, Room]:
    department = make.department()
    return department, make.service(department), make.room(department), make.room(department, "Room 2")


def test_the_situation_is_read_from_the_queue(session: Session, make: Factory) -> None:
    department, consultation, first, second = rooms(make)
    done, seen, *_ = [ticket(make, consultation, minutes) for minutes in (-90, -60, -30)]
    urgent = ticket(make, consultation, -5, Lane.URGENT)
    take(session, done, -80, Step.CALL, room=first)
    take(session, done, -70, Step.FINISH)
    take(session, seen, -20, Step.CALL, Step.START, room=second)
    history = read_history(session, department.id, TODAY)
    assert history.measured == {consultation.id: [600.0]}
    assert history.planned == {consultation.id: 900.0}
    # Two tickets an hour and more: one urgent in 85 minutes.
    assert history.arrivals == {0: 1 / (85 * 60), 1: 0.0}
    now = read_situation(session, department.id, history, day=TODAY, now=at(0))
    assert [person.rank for person in now.waiting] == [0, 2]
    assert now.waiting[0].entry_id == urgent.id
    assert [(busy.service_id, busy.elapsed) for busy in now.busy] == [(consultation.id, 1200.0)]
    # The first room called nobody for more than forty minutes.
    assert now.rooms == 1


def test_other_departments_and_days_are_left_out(session: Session, make: Factory) -> None:
    department, consultation, first, _second = rooms(make)
    elsewhere = make.service(make.department("Laboratory"), "Blood test", "B")
    ticket(make, elsewhere, -10)
    yesterday = make.ticket(consultation, now=at(-24 * 60), zone=ZONE)
    take(session, yesterday, -24 * 60 + 5, Step.CALL, Step.START, room=first)
    history = read_history(session, department.id, TODAY)
    now = read_situation(session, department.id, history, day=TODAY, now=at(0))
    assert (now.waiting, now.busy, now.rooms) == ([], [], 0)


def test_however_many_ask_it_is_worked_out_once(session: Session, make: Factory) -> None:
    department, consultation, first, _second = rooms(make)
    called, *waiting = [ticket(make, consultation, minutes) for minutes in (-20, -15, -10)]
    take(session, called, -2, Step.CALL, room=first)
    outlooks = Outlooks()
    outlook = outlooks.get(session, department.id, day=TODAY, now=at(0))
    assert outlook.ahead == {waiting[0].id: 0, waiting[1].id: 1}
    assert outlook.waits[waiting[1].id].high > outlook.waits[waiting[0].id].low
    with count_queries(session) as statements:
        assert outlooks.get(session, department.id, day=TODAY, now=at(0) + FRESH / 2) is outlook
        assert statements == []
        assert outlooks.get(session, department.id, day=TODAY, now=at(0) + FRESH) is not outlook
        assert len(statements) == 2


def test_a_ticket_of_this_moment_stands_in_what_was_worked_out_a_moment_before(session: Session, make: Factory) -> None:
    department, consultation, first, _second = rooms(make)
    called, before = [ticket(make, consultation, minutes) for minutes in (-20, -15)]
    take(session, called, -2, Step.CALL, room=first)
    outlooks = Outlooks()
    outlooks.get(session, department.id, day=TODAY, now=at(0))
    new = ticket(make, consultation, 0)
    outlook = outlooks.get(session, department.id, day=TODAY, now=at(0), entry_id=new.id)
    assert outlook.ahead == {before.id: 0, new.id: 1}
    assert new.id in outlook.waits
    with count_queries(session) as statements:
        assert outlooks.get(session, department.id, day=TODAY, now=at(0), entry_id=before.id) is outlook
        assert statements == []
