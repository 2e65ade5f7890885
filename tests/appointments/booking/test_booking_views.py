"""Booking on the screen: from a chart, at a time of the calendar, the next free one."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment, State
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser

KEY = "k" * 24
# Tests on PostgreSQL have patients with any small number: their numbers go on.
NOBODY = 2**31 - 1


@pytest.fixture
def opened(clinic: Clinic) -> Clinic:
    """The practitioner works every morning."""
    clinic.make.working_hours(clinic.practitioner, room=clinic.room)
    return clinic


def count(session: Session) -> int:
    return session.scalar(select(func.count(Appointment.id))) or 0


def time_form(clinic: Clinic, **values: Any) -> dict[str, Any]:
    return {
        "patient_id": clinic.patient.id,
        "service_id": clinic.service.id,
        "day": monday().strftime("%d/%m/%Y"),
        "time": "9.15",
        "practitioner_id": clinic.practitioner.id,
        "room_id": clinic.room.id,
        "idempotency_key": KEY,
        **values,
    }


def free_form(clinic: Clinic, **values: Any) -> dict[str, Any]:
    slot = f"{soon(9, 15).isoformat()}|{soon(9, 30).isoformat()}|{clinic.practitioner.id}|{clinic.room.id}"
    shared = {"patient_id": clinic.patient.id, "service_id": clinic.service.id, "idempotency_key": KEY}
    return {**shared, "from_day": monday().strftime("%d/%m/%Y"), "part": "any", "slot": slot, **values}


def test_a_chart_offers_booking_and_lists_what_was_booked(receptionist: Browser, clinic: Clinic) -> None:
    address = f"/appointments/new?patient_id={clinic.patient.id}"
    assert address in receptionist.page(f"/patients/{clinic.patient.id}")
    listed = f"/appointments/patients/{clinic.patient.id}"
    assert "No appointment yet" in receptionist.page(listed)
    clinic.book(soon(9))
    page = receptionist.page(listed)
    assert "Coming" in page
    assert "Consultation" in page


def test_the_next_free_times_are_offered_and_the_first_is_chosen(receptionist: Browser, opened: Clinic) -> None:
    opened.book(soon(9))
    page = receptionist.page(f"/appointments/new?patient_id={opened.patient.id}&from_day={monday()}")
    first = page.split('class="slot"')[1]
    assert "09:15" in first
    assert "checked" in first
    assert "Dr Lea Martin · Room 1" in first


def test_the_free_times_follow_what_is_chosen(receptionist: Browser, opened: Clinic) -> None:
    opened.make.working_hours(opened.practitioner, starts="14:00", ends="15:00")
    chosen = f"service_id={opened.service.id}&from_day={monday():%d/%m/%Y}"
    afternoon = receptionist.get(f"/appointments/slots?{chosen}&part=afternoon").get_data(as_text=True)
    assert "14:00" in afternoon
    assert "09:00" not in afternoon
    after = soon(9, 30).isoformat().replace("+", "%2B")
    later = receptionist.get(f"/appointments/slots?{chosen}&after={after}").get_data(as_text=True)
    assert "<strong>09:45" in later
    assert "<strong>09:15" not in later
    nothing = receptionist.get(f"/appointments/slots?service_id={opened.service.id}&from_day=1/12&practitioner_id=999")
    assert "No free time" in nothing.get_data(as_text=True)


def test_the_chosen_free_time_is_booked(receptionist: Browser, session: Session, opened: Clinic) -> None:
    answer = receptionist.post("/appointments", free_form(opened))
    assert answer.status_code == 303
    (appointment,) = session.scalars(select(Appointment))
    assert (appointment.starts_at, appointment.room_id) == (soon(9, 15), opened.room.id)
    assert "Amina Benali" in receptionist.page(answer.location)


def test_a_time_is_booked_as_it_was_typed(receptionist: Browser, session: Session, clinic: Clinic) -> None:
    answer = receptionist.htmx("POST", "/appointments", time_form(clinic, minutes="40", note="Bring the letter"))
    assert "Booked" in answer.get_data(as_text=True)
    assert "close-dialog" in answer.headers["HX-Trigger"]
    (appointment,) = session.scalars(select(Appointment))
    assert (appointment.starts_at, appointment.ends_at) == (soon(9, 15), soon(9, 55))
    assert (appointment.state, appointment.note) == (State.BOOKED, "Bring the letter")


def test_a_time_of_the_calendar_is_filled_in_with_the_room_of_its_hours(receptionist: Browser, opened: Clinic) -> None:
    where = f"day={monday()}&time=09:45&column={opened.practitioner.id}&by=practitioner"
    page = receptionist.page(f"/appointments/new?patient_id={opened.patient.id}&{where}")
    assert 'value="09:45"' in page
    assert f'<option selected value="{opened.room.id}">' in page


def test_without_a_patient_the_first_step_is_to_find_one(receptionist: Browser, clinic: Clinic) -> None:
    where = f"day={monday()}&time=09:45"
    assert "For whom?" in receptionist.page(f"/appointments/new?{where}")
    sent = {"q": "benali", "typing": "1", "day": monday().isoformat(), "time": "09:45"}
    found = receptionist.htmx("POST", "/appointments/new", sent).get_data(as_text=True)
    assert f"patient_id={clinic.patient.id}" in found
    assert "time=09:45" in found.replace("%3A", ":")
    assert "No match" in receptionist.htmx("POST", "/appointments/new", {"q": "zzz", "typing": "1"}).get_data(
        as_text=True
    )
    assert "Benali" in receptionist.post("/appointments/new", {"q": "benali"}).get_data(as_text=True)


def test_a_taken_time_is_refused_with_who_has_it_and_what_was_typed_stays(
    receptionist: Browser, session: Session, clinic: Clinic
) -> None:
    clinic.book(soon(9), patient=clinic.make.patient("Jean", "Dupont"), minutes=30)
    answer = receptionist.post("/appointments", time_form(clinic, note="Bring the letter"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Dr Lea Martin has an appointment 09:00–09:30" in page
    assert "Bring the letter" in page
    assert "Why book it all the same" not in page
    assert count(session) == 1


def test_only_those_who_may_book_a_time_twice(
    receptionist: Browser, manager: Browser, session: Session, clinic: Clinic
) -> None:
    clinic.book(soon(9), patient=clinic.make.patient("Jean", "Dupont"), minutes=30)
    sent = time_form(clinic, double_booking_reason="Twins")
    assert "Why book it all the same" in manager.post("/appointments", time_form(clinic)).get_data(as_text=True)
    assert manager.post("/appointments", sent).status_code == 303
    assert count(session) == 2


def test_a_reason_does_not_let_a_receptionist_book_twice(
    receptionist: Browser, session: Session, clinic: Clinic
) -> None:
    clinic.book(soon(9), patient=clinic.make.patient("Jean", "Dupont"), minutes=30)
    sent = time_form(clinic, double_booking_reason="Twins")
    assert receptionist.post("/appointments", sent).status_code == 409
    assert count(session) == 1


def test_another_appointment_that_day_is_told_and_needs_a_reason(
    receptionist: Browser, session: Session, opened: Clinic
) -> None:
    opened.book(soon(11))
    answer = receptionist.post("/appointments", free_form(opened))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Already has an appointment that day" in page
    assert "11:00–11:15 · Consultation · Dr Lea Martin · Booked" in page
    assert "09:15" in page.split('class="slot"')[1]
    sent = free_form(opened, same_day_reason="Two different complaints")
    assert receptionist.post("/appointments", sent).status_code == 303
    assert count(session) == 2


def test_sent_twice_it_books_once(receptionist: Browser, session: Session, clinic: Clinic) -> None:
    for _ in range(2):
        assert receptionist.post("/appointments", time_form(clinic)).status_code == 303
    assert count(session) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "someday"},
        {"time": "25:00"},
        {"service_id": ""},
        {"service_id": "999"},
        {"minutes": "0"},
        {"practitioner_id": "0", "room_id": "0"},
        {"day": "01/01/2020"},
        {"idempotency_key": "short"},
    ],
)
def test_bad_input_is_refused_and_books_nothing(
    receptionist: Browser, session: Session, clinic: Clinic, wrong: dict[str, str]
) -> None:
    assert receptionist.post("/appointments", time_form(clinic, **wrong)).status_code == 422
    assert count(session) == 0


def test_a_made_up_free_time_is_refused(receptionist: Browser, session: Session, opened: Clinic) -> None:
    assert receptionist.post("/appointments", free_form(opened, slot="tomorrow")).status_code == 422
    assert receptionist.post("/appointments", free_form(opened, patient_id=NOBODY)).status_code == 404
    assert count(session) == 0


def test_without_script_other_times_can_be_looked_for(receptionist: Browser, session: Session, opened: Clinic) -> None:
    answer = receptionist.post("/appointments", free_form(opened, look="1", part="morning"))
    assert "09:00" in answer.get_data(as_text=True)
    assert count(session) == 0


def test_times_shown_for_another_service_are_shown_anew(
    receptionist: Browser, session: Session, opened: Clinic
) -> None:
    longer = opened.make.service(opened.department, "Check-up", "C", duration_minutes=90)
    sent = free_form(opened, service_id=longer.id, shown_for=opened.service.id)
    answer = receptionist.post("/appointments", sent)
    assert "<strong>09:00" in answer.get_data(as_text=True)
    assert count(session) == 0


def test_cashiers_book_nothing(cashier: Browser, session: Session, clinic: Clinic) -> None:
    assert cashier.get(f"/appointments/new?patient_id={clinic.patient.id}").status_code == 403
    assert cashier.post("/appointments", time_form(clinic)).status_code == 403
    assert "/appointments/new" not in cashier.page(f"/patients/{clinic.patient.id}")
    assert count(session) == 0
