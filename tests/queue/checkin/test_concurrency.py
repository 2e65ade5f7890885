"""One patient, many hands: on a database of the test's own where commits are real."""

import datetime as dt
import itertools

import pytest
from flask import Flask
from sqlalchemy import func, select

from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.placement import placement_of
from clinic.appointments.service import book_appointment
from clinic.db import db, transaction
from clinic.errors import Conflict, Invalid
from clinic.patients.details import PatientDetails
from clinic.patients.service import register_patient
from clinic.queue.checkin import service as checkin
from clinic.queue.models import QueueEntry, Step
from clinic.queue.service import join_queue, move_entry
from clinic.visits.models import State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW, TESTER, ZONE
from tests.queue.checkin.story import assert_one_story
from tests.queue.test_concurrency import clinic
from tests.together import at_once

__all__ = ["clinic"]
PATIENT = 1


@pytest.fixture
def appointment_id(clinic: Flask) -> int:
    """An appointment of the only patient."""
    with transaction() as session:
        register_patient(session, details=PatientDetails(given_name="Amina"), actor=TESTER, now=NOW)
        placement = placement_of(session, service_id=1, starts_at=NOW + dt.timedelta(hours=1), room_id=1)
        return book_appointment(
            session, patient_id=PATIENT, service_id=1, placement=placement, actor=TESTER, now=NOW, zone=ZONE
        ).id


def check_in(**values: object) -> bool:
    """Whether it was not refused."""
    given = {"patient_id": PATIENT, "service_id": 1, "actor": TESTER, "now": NOW, "zone": ZONE, **values}
    try:
        with transaction() as session:
            checkin.check_in(session, **given)  # type: ignore[arg-type]
    except (Conflict, Invalid):
        return False
    return True


def test_of_eight_who_check_in_one_appointment_one_wins(clinic: Flask, appointment_id: int) -> None:
    won = at_once(clinic, 8, lambda _worker: check_in(appointment_id=appointment_id))
    assert sum(won) == 1
    with clinic.app_context():
        assert db.session.scalar(select(func.count(Visit.id))) == 1
        assert db.session.scalar(select(func.count(QueueEntry.id))) == 1
        assert db.session.scalars(select(Appointment.state)).one() is AppointmentState.ARRIVED


def test_checked_in_at_once_with_and_without_the_appointment_there_is_one_visit(
    clinic: Flask, appointment_id: int
) -> None:
    won = at_once(clinic, 8, lambda worker: check_in(appointment_id=appointment_id if worker % 2 else None))
    assert sum(won) == 1
    with clinic.app_context():
        assert db.session.scalar(select(func.count(Visit.id))) == 1


def test_two_tickets_finished_at_once_leave_the_visit_ready(clinic: Flask, appointment_id: int) -> None:
    check_in(appointment_id=appointment_id)
    check_in(is_confirmed=True)
    with transaction() as session:
        for entry_id in (1, 2):
            move_entry(session, entry_id=entry_id, step=Step.CALL, room_id=1, actor=TESTER, now=NOW)

    def finish(worker: int) -> None:
        with transaction() as session:
            move_entry(session, entry_id=worker + 1, step=Step.FINISH, actor=TESTER, now=NOW)

    at_once(clinic, 2, finish)
    with clinic.app_context():
        assert db.session.scalars(select(Visit.state)).one() is State.READY
        assert db.session.scalars(select(Appointment.state)).one() is AppointmentState.FULFILLED


def test_board_and_desk_at_once_end_in_one_story(clinic: Flask, appointment_id: int) -> None:
    """Steps at the board race with the ends of the visit: nobody gets an error but a conflict, and all agree."""
    check_in(appointment_id=appointment_id)
    steps = itertools.cycle((Step.CALL, Step.START, Step.HOLD, Step.RESUME, Step.NO_SHOW, Step.RESTORE))
    boards = [[next(steps) for _ in range(12)] for _ in range(3)]

    def at_board(worker: int) -> None:
        for step in boards[worker % 3]:
            attempt(lambda session, step=step: move_entry(session, entry_id=1, step=step, actor=TESTER, now=NOW))

    def at_desk(_worker: int) -> None:
        for _ in range(6):
            for end in (checkin.undo_check_in, checkin.leave_unseen, checkin.bring_back, checkin.undo_check_out):
                attempt(lambda session, end=end: end(session, visit_id=1, actor=TESTER, now=NOW))
            attempt(lambda session: checkin.check_out(session, visit_id=1, closing=Closing(), actor=TESTER, now=NOW))

    at_once(clinic, 6, lambda worker: (at_desk if worker % 2 else at_board)(worker))
    with clinic.app_context():
        assert_one_story(db.session())


def attempt(act: object) -> None:
    try:
        with transaction() as session:
            act(session)  # type: ignore[operator]
    except Conflict:
        pass


def test_of_eight_who_name_one_ticket_one_is_heard(clinic: Flask, appointment_id: int) -> None:
    with transaction() as session:
        others = [
            register_patient(session, details=PatientDetails(given_name=f"P{n}"), actor=TESTER, now=NOW).id
            for n in range(7)
        ]
        entry_id = join_queue(session, service_id=1, actor=TESTER, now=NOW, zone=ZONE).id
    patients = [PATIENT, *others]
    won = at_once(clinic, 8, lambda worker: identify(entry_id, patients[worker]))
    assert sum(won) == 1
    with clinic.app_context():
        assert db.session.scalars(select(Visit.patient_id)).one() == patients[won.index(True)]
        assert_one_story(db.session())


def test_of_eight_tickets_at_once_one_is_this_patients(clinic: Flask, appointment_id: int) -> None:
    with transaction() as session:
        entries = [join_queue(session, service_id=1, actor=TESTER, now=NOW, zone=ZONE).id for _ in range(8)]
    won = at_once(clinic, 8, lambda worker: identify(entries[worker], PATIENT, appointment_id=appointment_id))
    assert sum(won) == 1
    with clinic.app_context():
        assert db.session.scalar(select(func.count(Visit.id))) == 1
        assert db.session.scalars(select(Appointment.state)).one() is AppointmentState.ARRIVED
        assert_one_story(db.session())


def identify(entry_id: int, patient_id: int, **values: int) -> bool:
    """Whether it was not refused."""
    try:
        with transaction() as session:
            given = {"entry_id": entry_id, "patient_id": patient_id, "actor": TESTER, "now": NOW, "zone": ZONE}
            checkin.identify_walk_in(session, **given, **values)  # type: ignore[arg-type]
    except Conflict:
        return False
    return True
