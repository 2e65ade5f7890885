"""Calendar, board and visit tell one story."""

import datetime as dt

import pytest
from sqlalchemy import select

from clinic.appointments import service as appointments
from clinic.appointments.models import Appointment, CancelledBy
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.placement import placement_of
from clinic.errors import Conflict, Invalid, NotFound
from clinic.queue.checkin import service as checkin
from clinic.queue.models import QueueEntry, Step
from clinic.visits.models import State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW, ZONE
from tests.queue.checkin.conftest import Desk


@pytest.fixture
def booked(desk: Desk) -> Appointment:
    return desk.book()


def test_an_appointment_is_checked_in_with_its_own_service_and_has_arrived(desk: Desk, booked: Appointment) -> None:
    entry = desk.check_in(appointment_id=booked.id)
    assert (entry.service_id, desk.visit.appointment_id) == (desk.service.id, booked.id)
    assert booked.state is AppointmentState.ARRIVED


def test_the_calendar_follows_the_board_to_the_end_and_back(desk: Desk, booked: Appointment) -> None:
    entry, seen = desk.check_in(appointment_id=booked.id), []
    for step in (Step.CALL, Step.START, Step.FINISH):
        desk.step(entry, step)
        seen.append(booked.state)
    assert seen == [AppointmentState.ARRIVED, AppointmentState.IN_PROGRESS, AppointmentState.FULFILLED]
    desk.undo(entry)
    assert booked.state is AppointmentState.IN_PROGRESS
    desk.do(checkin.check_out, visit_id=desk.visit.id, closing=Closing())
    assert (desk.visit.state, booked.state) == (State.FINISHED, AppointmentState.FULFILLED)


def test_an_undone_check_in_is_expected_again_as_it_was(desk: Desk, booked: Appointment) -> None:
    desk.do(appointments.confirm_appointment, appointment_id=booked.id, expected_version=booked.version)
    desk.check_in(appointment_id=booked.id)
    desk.do(checkin.undo_check_in, visit_id=desk.visit.id)
    assert booked.state is AppointmentState.CONFIRMED


def test_checked_in_again_it_is_the_same_visit_with_a_new_ticket(desk: Desk, booked: Appointment) -> None:
    first = desk.check_in(appointment_id=booked.id)
    desk.do(checkin.undo_check_in, visit_id=desk.visit.id)
    second = desk.check_in(appointment_id=booked.id)
    assert second.id != first.id
    assert (desk.visit.state, desk.visit.arrived_at) == (State.WAITING, desk.now)
    assert booked.state is AppointmentState.ARRIVED
    assert desk.patient.last_visit_at == desk.now


def test_who_leaves_unseen_cancelled_and_whom_the_clinic_sends_away_was_cancelled(
    desk: Desk, booked: Appointment
) -> None:
    desk.check_in(appointment_id=booked.id)
    desk.do(checkin.leave_unseen, visit_id=desk.visit.id)
    assert (booked.state, booked.cancelled_by) == (AppointmentState.CANCELLED, CancelledBy.PATIENT)
    desk.do(checkin.bring_back, visit_id=desk.visit.id)
    assert booked.state is AppointmentState.ARRIVED
    desk.do(checkin.cancel_visit, visit_id=desk.visit.id, reason="Doctor ill")
    assert (booked.state, booked.cancelled_by) == (AppointmentState.CANCELLED, CancelledBy.CLINIC)


def test_what_has_arrived_is_not_checked_in_again_nor_changed_at_the_calendar(desk: Desk, booked: Appointment) -> None:
    desk.check_in(appointment_id=booked.id)
    with pytest.raises(Conflict):
        desk.check_in(appointment_id=booked.id, is_confirmed=True)
    with pytest.raises(Conflict):
        desk.do(appointments.mark_no_show, appointment_id=booked.id, expected_version=booked.version)
    assert (desk.visit.state, booked.state) == (State.WAITING, AppointmentState.ARRIVED)


def test_an_appointment_moved_to_another_day_leaves_its_undone_visit_behind(desk: Desk, booked: Appointment) -> None:
    entry = desk.check_in(appointment_id=booked.id)
    desk.do(checkin.undo_check_in, visit_id=desk.visit.id)
    tomorrow = placement_of(
        desk.session,
        service_id=desk.service.id,
        starts_at=booked.starts_at + dt.timedelta(days=1),
        room_id=desk.room.id,
    )
    desk.do(
        appointments.move_appointment,
        appointment_id=booked.id,
        expected_version=booked.version,
        placement=tomorrow,
        zone=ZONE,
    )
    desk.undo(entry)
    assert (desk.visit.state, desk.visit.appointment_id) == (State.WAITING, None)
    assert booked.state is AppointmentState.BOOKED
    desk.now += dt.timedelta(days=1)
    desk.check_in(appointment_id=booked.id)
    assert [v.day for v in desk.session.scalars(select(Visit).order_by(Visit.id))] == [
        NOW.date(),
        NOW.date() + dt.timedelta(days=1),
    ]


def test_a_missed_appointment_whose_patient_comes_late_has_arrived(desk: Desk, booked: Appointment) -> None:
    desk.now += dt.timedelta(hours=1)
    desk.do(appointments.mark_no_show, appointment_id=booked.id, expected_version=booked.version)
    desk.check_in(appointment_id=booked.id)
    assert booked.state is AppointmentState.ARRIVED


def test_a_second_appointment_of_the_day_is_a_visit_of_its_own(desk: Desk, booked: Appointment) -> None:
    desk.check_in()
    with pytest.raises(Invalid):
        desk.check_in(appointment_id=booked.id)
    desk.check_in(appointment_id=booked.id, is_confirmed=True)
    visits = desk.session.scalars(select(Visit).order_by(Visit.id)).all()
    assert [v.appointment_id for v in visits] == [None, booked.id]


def test_only_an_appointment_of_this_patient_and_of_today_is_checked_in(desk: Desk, booked: Appointment) -> None:
    other = desk.make.patient("Jean", "Dupont")
    with pytest.raises(NotFound):
        desk.check_in(patient_id=other.id, appointment_id=booked.id)
    desk.now += dt.timedelta(days=1)
    with pytest.raises(Invalid):
        desk.check_in(appointment_id=booked.id)
    assert not desk.session.scalars(select(QueueEntry)).all()
