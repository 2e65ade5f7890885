"""Booking and moving: what is refused, what may be set aside with a reason, and what is kept."""

import datetime as dt
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from clinic.appointments import service
from clinic.appointments.conflicts import ClashKind, SameDay, SlotTaken
from clinic.appointments.models import AppointmentEvent, State, Step
from clinic.appointments.placement import Reasons, placed, placement_of
from clinic.appointments.queries import list_between, list_events, list_of_patient, list_upcoming
from clinic.db import transaction
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import key_of
from tests.appointments.conftest import DAY, Clinic, at
from tests.factories import NOW, TESTER, ZONE
from tests.query_count import count_queries


def move(session: Session, clinic: Clinic, appointment_id: int, starts_at: dt.datetime, **values: object) -> int:
    given = {"practitioner_id": clinic.practitioner.id, "room_id": clinic.room.id, **values}
    reasons = given.pop("reasons", Reasons())
    version = given.pop("version", 1)
    with transaction(session):
        placement = placement_of(session, service_id=clinic.service.id, starts_at=starts_at, **given)  # type: ignore[arg-type]
        event = service.move_appointment(
            session,
            appointment_id=appointment_id,
            expected_version=version,  # type: ignore[arg-type]
            placement=placement,
            reasons=reasons,  # type: ignore[arg-type]
            actor=TESTER,
            now=NOW,
            zone=ZONE,
        )
        return event.id


def test_a_booking_lasts_as_long_as_its_service_and_knows_the_clinics_day(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(0, 30), note="Brings the X-ray")
    assert (booked.day, booked.duration, booked.state) == (DAY, dt.timedelta(minutes=15), State.BOOKED)
    assert booked.starts_at.date() == DAY - dt.timedelta(days=1)  # in UTC it is still the day before
    assert [a.id for a in list_between(session, from_day=DAY, to_day=DAY)] == [booked.id]
    assert list_between(session, from_day=DAY - dt.timedelta(days=1), to_day=DAY - dt.timedelta(days=1)) == []


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_a_practitioner_is_in_one_place_at_a_time(clinic: Clinic, minutes: int) -> None:
    clinic.book(at(10))
    other = clinic.make.patient("Luc")
    with pytest.raises(SlotTaken) as refused:
        clinic.book(at(10) + dt.timedelta(minutes=minutes), patient=other, room=None)
    assert [clash.kind for clash in refused.value.clashes] == [ClashKind.PRACTITIONER]
    assert refused.value.message == "Dr Lea Martin has an appointment 10:00–10:15."


def test_what_ends_when_the_next_begins_is_no_conflict(clinic: Clinic) -> None:
    clinic.book(at(10))
    clinic.book(at(10, 15), patient=clinic.make.patient("Luc"))
    clinic.book(at(9, 45), patient=clinic.make.patient("Zoe"))


def test_a_room_holds_one_appointment_at_a_time(clinic: Clinic) -> None:
    clinic.book(at(10))
    other = clinic.make.patient("Luc")
    with pytest.raises(SlotTaken, match="Room 1 is taken 10:00–10:15"):
        clinic.book(at(10, 5), patient=other, practitioner=clinic.make.practitioner("Petit"))


def test_a_patient_cannot_be_seen_twice_at_once(clinic: Clinic) -> None:
    clinic.book(at(10))
    with pytest.raises(SlotTaken, match="The patient has an appointment 10:00–10:15: Consultation"):
        clinic.book(
            at(10, 5),
            practitioner=clinic.make.practitioner("Petit"),
            room=None,
            reasons=Reasons(same_day="Two things"),
        )


def test_a_long_appointment_is_found_from_its_far_end(clinic: Clinic) -> None:
    clinic.book(at(8), minutes=11 * 60)
    with pytest.raises(SlotTaken):
        clinic.book(at(18, 45), patient=clinic.make.patient("Luc"))


def test_a_double_booking_needs_a_reason_and_keeps_it(clinic: Clinic) -> None:
    clinic.book(at(10))
    second = clinic.book(at(10), patient=clinic.make.patient("Luc"), reasons=Reasons(double_booking="Emergency"))
    assert second.double_booking_reason == "Emergency"
    with pytest.raises(SlotTaken):
        clinic.book(at(10), patient=clinic.make.patient("Zoe"))


def test_a_second_appointment_of_a_day_is_warned_about_with_what_and_when(clinic: Clinic, session: Session) -> None:
    clinic.book(at(10))
    with pytest.raises(SameDay, match=r"already has an appointment that day: Consultation 10:00–10:15") as warned:
        clinic.book(at(15))
    assert warned.value.field == "same_day_reason"
    session.rollback()
    assert clinic.book(at(15), reasons=Reasons(same_day="Blood test first")).same_day_reason == "Blood test first"


def test_cancelled_and_missed_appointments_stand_in_nobodys_way(clinic: Clinic, session: Session) -> None:
    missed = clinic.book(at(10))
    with transaction(session):
        service.mark_no_show(session, appointment_id=missed.id, expected_version=1, actor=TESTER, now=at(10, 30))
    assert clinic.book(at(10), actor=TESTER).state is State.BOOKED


def test_the_same_form_sent_twice_books_once(clinic: Clinic, session: Session) -> None:
    first = clinic.book(at(10), key=key_of("the-same-form-sent-twice"))
    assert clinic.book(at(10), key=key_of("the-same-form-sent-twice")).id == first.id
    assert len(list_events(session, [first.id])[first.id]) == 1


def test_what_cannot_be_booked_is_refused(clinic: Clinic) -> None:
    with pytest.raises(Invalid, match="past"):
        clinic.book(at(10, day=dt.date(2026, 11, 19)), now=NOW)
    with pytest.raises(Invalid, match="12 hours"):
        clinic.book(at(10), minutes=0)
    with pytest.raises(Invalid, match="practitioner or a room"):
        clinic.book(at(10), practitioner=None, room=None)
    closed = clinic.make.room(clinic.department, "Room 9", is_active=False)
    with pytest.raises(Invalid, match="no longer in use"):
        clinic.book(at(10), room=closed)
    with pytest.raises(Invalid, match="Choose a service"):
        clinic.book(at(10), service=clinic.make.service(clinic.department, "Old", "O", is_active=False))
    with pytest.raises(NotFound):
        clinic.book(at(10), patient=SimpleNamespace(id=0))


def test_moving_keeps_the_history_and_frees_the_old_time(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    move(session, clinic, booked.id, at(11), minutes=30)
    assert (booked.starts_at, booked.ends_at, booked.version) == (at(11), at(11, 30), 2)
    _, moved = list_events(session, [booked.id])[booked.id]
    assert (moved.step, moved.before["starts_at"]) == (Step.MOVE, at(10).isoformat())
    clinic.book(at(10), patient=clinic.make.patient("Luc"))


def test_a_little_later_does_not_clash_with_itself(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    move(session, clinic, booked.id, at(10, 5))
    assert booked.starts_at == at(10, 5)


def test_moving_onto_a_taken_time_or_a_day_with_another_is_refused(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    clinic.book(at(11), patient=clinic.make.patient("Luc"))
    tuesday = DAY + dt.timedelta(days=1)
    clinic.book(at(9, day=tuesday))
    with pytest.raises(SlotTaken):
        move(session, clinic, booked.id, at(11))
    with pytest.raises(SameDay):
        move(session, clinic, booked.id, at(15, day=tuesday))
    session.expire_all()
    assert (booked.starts_at, booked.version) == (at(10), 1)


def test_moving_what_somebody_changed_meanwhile_is_a_conflict(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    move(session, clinic, booked.id, at(11))
    with pytest.raises(Conflict, match="meanwhile"):
        move(session, clinic, booked.id, at(12), version=1)


def test_lists_cost_one_query_and_come_in_order(clinic: Clinic, session: Session) -> None:
    later, sooner = clinic.book(at(15)), clinic.book(at(9, day=DAY + dt.timedelta(days=1)))
    first = clinic.book(at(8), patient=clinic.make.patient("Luc"))
    session.expire_all()
    with count_queries(session) as queries:
        found = list_between(session, from_day=DAY, to_day=DAY + dt.timedelta(days=6))
        assert [(a.patient.display_name, a.service.name, a.room and a.room.name) for a in found]
        assert all(a.practitioner and a.practitioner.display_name for a in found)
    assert [a.id for a in found] == [first.id, later.id, sooner.id]
    assert len(queries) == 1
    assert [a.id for a in list_of_patient(session, clinic.patient.id)] == [sooner.id, later.id]
    assert [a.id for a in list_upcoming(session, clinic.patient.id, now=at(16))] == [sooner.id]
    assert list_between(session, from_day=DAY, to_day=DAY, states=[State.CANCELLED]) == []


def test_undoing_a_move_puts_it_back_unless_the_time_is_gone(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    event_id = move(session, clinic, booked.id, at(11))
    with transaction(session):
        service.undo_step(session, event_id=event_id, actor=TESTER, now=NOW, zone=ZONE)
    assert placed(booked).starts_at == at(10)
    event_id = move(session, clinic, booked.id, at(11), version=3)
    clinic.book(at(10), patient=clinic.make.patient("Luc"))
    with pytest.raises(SlotTaken), transaction(session):
        service.undo_step(session, event_id=event_id, actor=TESTER, now=NOW, zone=ZONE)
    assert session.get(AppointmentEvent, event_id) is not None
    assert booked.starts_at == at(11)


@pytest.mark.guards("a step is not undone into a time that somebody else's appointment overlaps by now")
def test_undoing_a_move_into_a_time_that_is_partly_taken_is_refused(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    event_id = move(session, clinic, booked.id, at(14))
    clinic.book(at(10, 10), patient=clinic.make.patient("Luc"))
    with pytest.raises(SlotTaken), transaction(session):
        service.undo_step(session, event_id=event_id, actor=TESTER, now=NOW, zone=ZONE)
    assert booked.starts_at == at(14)
