"""One appointment on the screen: details, moving, confirming, cancelling, and the way back."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment, CancelledBy, State
from clinic.appointments.queries import find_last_event
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser


@pytest.fixture
def appointment(clinic: Clinic) -> Appointment:
    return clinic.book(soon(9))


def address(appointment: Appointment, step: str = "") -> str:
    return f"/appointments/{appointment.id}{'/' + step if step else ''}"


def move_form(clinic: Clinic, **values: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "day": monday().strftime("%d/%m/%Y"),
        "time": "10:30",
        "minutes": 20,
        "practitioner_id": clinic.practitioner.id,
        "room_id": clinic.room.id,
        **values,
    }


def test_the_details_say_everything_and_what_happened(receptionist: Browser, appointment: Appointment) -> None:
    page = receptionist.page(address(appointment))
    for text in (
        "Amina Benali",
        "09:00 – 09:15",
        "Consultation",
        "Dr Lea Martin",
        "Room 1",
        "Booked",
        "Cancel appointment",
    ):
        assert text in page
    assert "No-show" not in page
    assert receptionist.get("/appointments/999").status_code == 404


def test_moving_keeps_where_it_was_and_can_be_undone(
    receptionist: Browser, session: Session, clinic: Clinic, appointment: Appointment
) -> None:
    answer = receptionist.htmx("POST", address(appointment, "move"), move_form(clinic))
    assert "Moved" in answer.get_data(as_text=True)
    assert (appointment.starts_at, appointment.ends_at) == (soon(10, 30), soon(10, 50))
    assert "before: " in receptionist.page(address(appointment))
    event = find_last_event(session, appointment.id)
    assert event
    assert f"/appointments/events/{event.id}/undo" in answer.get_data(as_text=True)
    receptionist.htmx("POST", f"/appointments/events/{event.id}/undo")
    assert (appointment.starts_at, appointment.ends_at) == (soon(9), soon(9, 15))


def test_what_a_drag_would_do_is_said_before_it_is_done(
    receptionist: Browser, clinic: Clinic, appointment: Appointment
) -> None:
    clinic.book(soon(10, 30), patient=clinic.make.patient("Jean", "Dupont"))
    page = receptionist.page(f"{address(appointment, 'move')}?time=10:30&minutes=15&column={clinic.practitioner.id}")
    assert "Becomes" in page
    assert "10:30–10:45 · Dr Lea Martin" in page
    assert "Dr Lea Martin has an appointment 10:30–10:45" in page
    assert "Becomes" not in receptionist.page(address(appointment, "move"))
    assert appointment.starts_at == soon(9)


def test_a_move_onto_a_taken_time_is_refused(receptionist: Browser, clinic: Clinic, appointment: Appointment) -> None:
    clinic.book(soon(10, 30), patient=clinic.make.patient("Jean", "Dupont"))
    answer = receptionist.post(address(appointment, "move"), move_form(clinic))
    assert answer.status_code == 409
    assert "This time is not free" in answer.get_data(as_text=True)
    assert appointment.starts_at == soon(9)


def test_a_move_to_a_day_with_another_appointment_needs_a_reason(
    receptionist: Browser, clinic: Clinic, appointment: Appointment
) -> None:
    clinic.book(soon(9, days=1))
    tomorrow = soon(9, days=1).strftime("%d/%m/%Y")
    answer = receptionist.post(address(appointment, "move"), move_form(clinic, day=tomorrow))
    assert answer.status_code == 422
    assert "Already has an appointment that day" in answer.get_data(as_text=True)
    sent = move_form(clinic, day=tomorrow, same_day_reason="Asked for it")
    assert receptionist.post(address(appointment, "move"), sent).status_code == 303


def test_who_was_slower_hears_that_it_was_changed(
    receptionist: Browser, clinic: Clinic, appointment: Appointment
) -> None:
    assert receptionist.post(address(appointment, "confirm"), {"version": 1}).status_code == 303
    assert receptionist.post(address(appointment, "confirm"), {"version": 1}).status_code == 409
    assert receptionist.post(address(appointment, "move"), move_form(clinic)).status_code == 409
    assert appointment.state is State.CONFIRMED


def test_cancelling_asks_by_whom_and_can_be_taken_back(
    receptionist: Browser, session: Session, appointment: Appointment
) -> None:
    assert "Who cancels" in receptionist.page(address(appointment, "cancel"))
    sent = {"version": 1, "cancelled_by": "clinic", "reason": "Practitioner ill"}
    assert receptionist.post(address(appointment, "cancel"), sent).status_code == 303
    assert (appointment.state, appointment.cancelled_by) == (State.CANCELLED, CancelledBy.CLINIC)
    assert "Practitioner ill" in receptionist.page(address(appointment))
    assert receptionist.post(address(appointment, "restore"), {"version": 2}).status_code == 303
    assert appointment.state is State.BOOKED


def test_a_note_is_kept(receptionist: Browser, appointment: Appointment) -> None:
    receptionist.page(address(appointment, "note"))
    receptionist.post(address(appointment, "note"), {"version": 1, "note": "Needs an interpreter"})
    assert "Needs an interpreter" in receptionist.page(address(appointment))


def test_before_its_time_nobody_is_a_no_show(receptionist: Browser, appointment: Appointment) -> None:
    assert receptionist.post(address(appointment, "no_show"), {"version": 1}).status_code == 409
    assert receptionist.post(address(appointment, "dance"), {"version": 1}).status_code == 404
    assert receptionist.post(address(appointment, "confirm")).status_code == 422
    assert appointment.state is State.BOOKED


@pytest.mark.parametrize(
    "wrong", [{"day": ""}, {"time": "noon"}, {"minutes": "-5"}, {"practitioner_id": 0, "room_id": 0}]
)
def test_bad_input_moves_nothing(
    receptionist: Browser, clinic: Clinic, appointment: Appointment, wrong: dict[str, object]
) -> None:
    assert receptionist.post(address(appointment, "move"), move_form(clinic, **wrong)).status_code == 422
    assert appointment.starts_at == soon(9)


def test_cashiers_look_and_change_nothing(cashier: Browser, clinic: Clinic, appointment: Appointment) -> None:
    assert "Cancel appointment" not in cashier.page(address(appointment))
    for step, sent in (("move", move_form(clinic)), ("confirm", {"version": 1}), ("cancel", {"version": 1})):
        assert cashier.post(address(appointment, step), sent).status_code == 403
    assert appointment.version == 1
