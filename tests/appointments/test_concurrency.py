"""Many people booking at once, on a database of the test's own where commits are real."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from clinic import clock
from clinic.appointments import service
from clinic.appointments.conflicts import SlotTaken
from clinic.appointments.models import Appointment, CancelledBy, State
from clinic.appointments.placement import Placement, Reasons
from clinic.appointments.series import service as series
from clinic.appointments.series.rules import Rule
from clinic.appointments.series.service import Scope, SeriesChange, SeriesDetails
from clinic.appointments.series.undo import undo_change
from clinic.appointments.waitlist import service as waitlist
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from clinic.auth import service as auth
from clinic.auth.access import Role
from clinic.config import Settings
from clinic.db import db, transaction
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.errors import Conflict, DomainError
from clinic.idempotency import key_of
from clinic.patients.details import PatientDetails
from clinic.patients.service import register_patient
from tests.appointments.conftest import DAY, at
from tests.browser_client import CSRF_SECRET
from tests.databases import own_clinic
from tests.factories import NOW, PASSWORD, TESTER, ZONE
from tests.together import at_once, or_conflict

CLIENTS = 50


@pytest.fixture
def busy_clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """An app on a fresh database with 50 patients, two practitioners, two rooms and a service."""
    with own_clinic(settings) as app:
        with transaction() as session:
            session.add(Department(id=1, name="General practice"))
            session.flush()
            for number in (1, 2):
                session.add(Room(id=number, department_id=1, name=f"Room {number}"))
                session.add(Practitioner(id=number, display_name=f"Dr {number}", sort_name=str(number)))
            session.add(Service(id=1, department_id=1, name="Consultation", ticket_prefix="A"))
            for number in range(CLIENTS):
                details = PatientDetails(given_name=f"Patient {number}")
                register_patient(session, details=details, actor=TESTER, now=NOW)
        yield app


def book(patient_id: int, starts_at: dt.datetime, minutes: int = 15, **values: Any) -> int | type[DomainError]:
    """The appointment's id, or how it was refused."""
    room_id, practitioner_id = values.pop("room_id", 1), values.pop("practitioner_id", 1)
    placement = Placement(
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=minutes),
        practitioner_id=practitioner_id,
        room_id=room_id,
    )
    given = {"patient_id": patient_id, "service_id": 1, "placement": placement, "actor": TESTER, "now": NOW}
    try:
        with transaction() as session:
            return service.book_appointment(session, **given, zone=ZONE, **values).id  # type: ignore[arg-type]
    except DomainError as error:
        return type(error)


def count_held(clinic: Flask) -> int:
    with clinic.app_context():
        return db.session.scalar(select(func.count()).where(Appointment.state == State.BOOKED)) or 0


def test_of_fifty_who_book_one_slot_one_gets_it_and_49_are_refused_clearly(busy_clinic: Flask) -> None:
    outcomes = at_once(busy_clinic, CLIENTS, lambda number: book(number + 1, at(10)))
    assert Counter(outcomes)[SlotTaken] == CLIENTS - 1
    assert count_held(busy_clinic) == 1


def test_overlapping_times_are_not_both_booked_whatever_their_start(busy_clinic: Flask) -> None:
    outcomes = at_once(busy_clinic, 20, lambda number: book(number + 1, at(10, number), minutes=30))
    assert Counter(outcomes)[SlotTaken] == 19
    assert count_held(busy_clinic) == 1


def test_a_room_is_given_once_although_practitioners_differ(busy_clinic: Flask) -> None:
    outcomes = at_once(busy_clinic, 2, lambda n: book(n + 1, at(10), practitioner_id=n + 1))
    assert Counter(outcomes)[SlotTaken] == 1


def test_a_patient_is_booked_once_although_practitioner_and_room_differ(busy_clinic: Flask) -> None:
    outcomes = at_once(
        busy_clinic,
        2,
        lambda n: book(1, at(10), practitioner_id=n + 1, room_id=n + 1, reasons=Reasons(same_day="Both")),
    )
    assert Counter(outcomes)[SlotTaken] == 1


def test_one_form_sent_eight_times_at_once_books_once(busy_clinic: Flask) -> None:
    outcomes = at_once(busy_clinic, 8, lambda _n: book(1, at(10), key=key_of("one-form-eight-times")))
    assert len(set(outcomes)) == 1
    assert count_held(busy_clinic) == 1


def test_a_series_is_put_back_once_however_many_press_undo(busy_clinic: Flask) -> None:
    with busy_clinic.app_context():
        rule = Rule(starts_on=DAY, local_time=dt.time(10), minutes=15, count=4)
        details = SeriesDetails(patient_id=1, service_id=1, practitioner_id=1, room_id=1, rule=rule)
        common: dict[str, Any] = {"actor": TESTER, "now": NOW, "zone": ZONE}
        with transaction() as session:
            series.create_series(session, details=details, **common)
        first = db.session.scalars(select(Appointment).order_by(Appointment.id)).first()
        assert first
        goal = SeriesChange(shift_days=7, local_time=dt.time(11), minutes=15, practitioner_id=2, room_id=2)
        asked = {"appointment_id": first.id, "expected_version": first.version, "scope": Scope.ALL, "change": goal}
        with transaction() as session:
            step_id = series.move_series(session, **asked, **common)[0].id  # type: ignore[arg-type]

    def press(_number: int) -> int:
        with transaction() as session:
            return len(undo_change(session, event_id=step_id, **common))

    outcomes = at_once(busy_clinic, 6, or_conflict(press))
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False] + [True] * 5
    with busy_clinic.app_context():
        days = db.session.scalars(select(Appointment.day).order_by(Appointment.day)).all()
    assert days == rule.days()


def test_moves_and_bookings_of_one_slot_never_both_win(busy_clinic: Flask) -> None:
    ids = [book(n + 1, at(8) + dt.timedelta(minutes=15 * n)) for n in range(8)]

    def fight(number: int) -> str:
        if number >= 8:
            return "won" if isinstance(book(number + 1, at(12), practitioner_id=2 - number % 2), int) else "lost"
        room = 1 + number % 2
        placement = Placement(starts_at=at(12), ends_at=at(12, 15), practitioner_id=2 - number % 2, room_id=room)
        given = {"appointment_id": ids[number], "expected_version": 1, "placement": placement, "actor": TESTER}
        try:
            with transaction() as session:
                service.move_appointment(session, **given, now=NOW, zone=ZONE)  # type: ignore[arg-type]
        except Conflict:
            return "lost"
        return "won"

    at_once(busy_clinic, 16, fight)
    with busy_clinic.app_context():
        held = db.session.execute(
            select(Appointment.practitioner_id, Appointment.room_id).where(Appointment.starts_at == at(12))
        ).all()
        assert 1 <= len(held) <= 2
        assert len({row.practitioner_id for row in held}) == len({row.room_id for row in held}) == len(held)


def test_of_eight_who_cancel_and_confirm_one_appointment_one_wins(busy_clinic: Flask) -> None:
    appointment_id = book(1, at(10))
    assert isinstance(appointment_id, int)

    def step(number: int) -> bool:
        given: dict[str, Any] = {"appointment_id": appointment_id, "expected_version": 1, "actor": TESTER, "now": NOW}
        try:
            with transaction() as session:
                if number % 2:
                    service.confirm_appointment(session, **given)
                else:
                    service.cancel_appointment(session, cancelled_by=CancelledBy.CLINIC, **given)
        except Conflict:
            return False
        return True

    assert sorted(at_once(busy_clinic, 8, step)) == [False] * 7 + [True]


def test_the_database_itself_refuses_two_of_one_practitioner_at_one_time(busy_clinic: Flask) -> None:
    """The net under the service: even without its check no second row is written."""
    book(1, at(10))
    with pytest.raises(SlotTaken, match="just taken"), transaction() as session:
        first = session.scalars(select(Appointment)).one()
        copied = {c.key: getattr(first, c.key) for c in Appointment.__table__.columns if c.key != "id"}
        second = Appointment(**{**copied, "patient_id": 2, "room_id": 2})
        session.add(second)
        service.note_step(session, second, service.Step.BOOK, {}, actor=TESTER, now=NOW)


def test_fifty_browsers_that_book_one_slot_get_one_appointment_and_49_answers_that_say_why(
    busy_clinic: Flask,
) -> None:
    with transaction() as session:
        user = auth.create_user(
            session,
            username="reception",
            display_name="Ana",
            password=PASSWORD,
            roles=[Role.RECEPTIONIST],
            actor=TESTER,
            now=NOW,
        )
        signed_in: dict[str, Any] = {"ip": "127.0.0.1", "user_agent": "test", "lifetime": 3600, "now": clock.now()}
        token = auth.start_session(session, user=user, **signed_in)
    csrf = URLSafeTimedSerializer(str(busy_clinic.secret_key), salt="wtf-csrf-token").dumps(CSRF_SECRET)
    day = clock.clinic_day(clock.now(), ZONE) + dt.timedelta(days=5)

    def send(number: int) -> tuple[int, bool]:
        client = busy_clinic.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"], cookie["csrf_token"] = token, True, CSRF_SECRET
        form = {"csrf_token": csrf, "patient_id": number + 1, "service_id": 1, "day": day.isoformat(), "time": "10:00"}
        form |= {"practitioner_id": 1, "room_id": 1, "idempotency_key": f"browser-number-{number:04d}"}
        answer = client.post("/appointments", data=form)
        return answer.status_code, "Dr 1 has an appointment 10:00–10:15." in answer.get_data(as_text=True)

    answers = Counter(at_once(busy_clinic, CLIENTS, send))
    assert answers == {(303, False): 1, (409, True): CLIENTS - 1}
    assert count_held(busy_clinic) == 1


def test_one_time_wanted_by_those_who_wait_and_by_others_goes_to_one(busy_clinic: Flask) -> None:
    half = 10
    now, place = clock.now(), Placement(starts_at=at(10), ends_at=at(10, 15), practitioner_id=1, room_id=1)
    day = clock.clinic_day(place.starts_at, ZONE)
    with transaction() as session:
        for number in range(half):
            session.add(
                WaitlistEntry(
                    patient_id=number + 1,
                    service_id=1,
                    from_day=day,
                    until_day=day,
                    joined_at=now,
                    state=WaitState.WAITING,
                )
            )

    def want(number: int) -> str:
        given: dict[str, Any] = {"placement": place, "actor": TESTER, "now": NOW, "zone": ZONE}
        try:
            with transaction() as session:
                if number < half:
                    waitlist.hold_time(session, entry_id=number + 1, **given)
                else:
                    service.book_appointment(session, patient_id=number + 1, service_id=1, **given)
        except SlotTaken:
            return "refused"
        return "got it"

    assert Counter(at_once(busy_clinic, 2 * half, want)) == {"got it": 1, "refused": 2 * half - 1}
