"""Giving tickets on the screen."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.directory.models import Service
from clinic.patients.models import Patient
from clinic.queue.models import Lane, QueueEntry
from tests.browser_client import Browser
from tests.factories import Factory

KEY = "k" * 24


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


def entries(session: Session) -> list[QueueEntry]:
    return list(session.scalars(select(QueueEntry).order_by(QueueEntry.id)))


def send(browser: Browser, **values: object) -> dict[str, object]:
    return {"service_id": 1, "lane": "normal", "idempotency_key": KEY, **values}


def test_a_walk_in_gets_a_ticket_to_print(receptionist: Browser, session: Session, consultation: Service) -> None:
    assert "Consultation" in receptionist.page("/queue/tickets/new")
    answer = receptionist.post("/queue/tickets", send(receptionist, service_id=consultation.id))
    assert answer.status_code == 303
    (entry,) = entries(session)
    assert entry.patient_id is None
    assert "A-001" in receptionist.page(answer.location)
    assert "print.js" in receptionist.page(f"{answer.location}?print=1")


def test_a_patient_is_checked_in_from_a_dialog(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    patient = make.patient("Jean", "Dupont")
    assert "Jean Dupont" in receptionist.page(f"/queue/tickets/new?patient_id={patient.id}")
    sent = send(receptionist, service_id=consultation.id, patient_id=patient.id, lane="urgent")
    answer = receptionist.htmx("POST", "/queue/tickets", sent)
    assert "A-001" in answer.get_data(as_text=True)
    (entry,) = entries(session)
    assert (entry.patient_id, entry.lane) == (patient.id, Lane.URGENT)


def test_sent_twice_it_gives_one_ticket(receptionist: Browser, session: Session, consultation: Service) -> None:
    for _ in range(2):
        answer = receptionist.post("/queue/tickets", send(receptionist, service_id=consultation.id))
        assert answer.status_code == 303
    assert len(entries(session)) == 1


def test_a_patient_already_waiting_needs_a_confirmation(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    patient = make.patient()
    make.ticket(consultation, patient)
    assert "Already here today" in receptionist.page(f"/queue/tickets/new?patient_id={patient.id}")
    sent = send(receptionist, service_id=consultation.id, patient_id=patient.id)
    refused = receptionist.post("/queue/tickets", sent)
    assert refused.status_code == 422
    assert "A-001 for Consultation since" in refused.get_data(as_text=True)
    assert len(entries(session)) == 1
    receptionist.post("/queue/tickets", {**sent, "confirm": "y"})
    assert len(entries(session)) == 2


@pytest.mark.parametrize(
    "wrong", [{"service_id": 999}, {"service_id": ""}, {"lane": "express"}, {"idempotency_key": "short"}]
)
def test_bad_input_is_refused_and_gives_nothing(
    receptionist: Browser, session: Session, consultation: Service, wrong: dict[str, object]
) -> None:
    sent = {**send(receptionist, service_id=consultation.id), **wrong}
    assert receptionist.post("/queue/tickets", sent).status_code == 422
    assert not entries(session)


def test_an_unknown_patient_is_not_found(receptionist: Browser, session: Session, consultation: Service) -> None:
    sent = send(receptionist, service_id=consultation.id, patient_id=999)
    assert receptionist.post("/queue/tickets", sent).status_code == 404
    assert not entries(session)


def test_the_service_used_last_is_offered_first(receptionist: Browser, make: Factory, consultation: Service) -> None:
    blood = make.service(make.department("Laboratory"), "Blood test", "B")
    receptionist.post("/queue/tickets", send(receptionist, service_id=blood.id))
    page = receptionist.page("/queue/tickets/new")
    assert f'checked id="service_id-1" name="service_id" required type="radio" value="{blood.id}"' in page


def test_without_services_the_form_says_who_adds_them(receptionist: Browser) -> None:
    assert "No service yet" in receptionist.page("/queue/tickets/new")


def test_cashiers_give_no_tickets(cashier: Browser, session: Session, consultation: Service) -> None:
    assert cashier.get("/queue/tickets/new").status_code == 403
    assert cashier.post("/queue/tickets", send(cashier, service_id=consultation.id)).status_code == 403
    assert not entries(session)


def book_today(make: Factory, consultation: Service, patient: Patient) -> Appointment:
    return make.appointment(
        consultation, patient, clock.now(), room=make.room(consultation.department), now=clock.now()
    )


def test_an_appointment_of_today_is_offered_first_and_checked_in(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    patient = make.patient("Jean", "Dupont")
    booked = book_today(make, consultation, patient)
    page = receptionist.page(f"/queue/tickets/new?patient_id={patient.id}")
    assert f'checked id="appointment_id-0" name="appointment_id" type="radio" value="{booked.id}"' in page
    sent = send(receptionist, service_id=consultation.id, patient_id=patient.id, appointment_id=booked.id)
    assert receptionist.post("/queue/tickets", sent).status_code == 303
    (entry,) = entries(session)
    assert entry.visit is not None
    assert (entry.visit.appointment_id, booked.state) == (booked.id, AppointmentState.ARRIVED)


def test_one_click_checks_an_appointment_in_once(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    booked = book_today(make, consultation, make.patient())
    address = f"/queue/appointments/{booked.id}/check-in"
    assert "A-001 checked in" in receptionist.htmx("POST", address).get_data(as_text=True)
    assert receptionist.post(address).status_code == 409
    assert len(entries(session)) == 1


def test_who_was_seen_and_not_checked_out_is_still_here(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    patient = make.patient()
    entry = make.ticket(consultation, patient)
    for step in ("call", "finish"):
        receptionist.post(f"/queue/{entry.id}/{step}")
    assert "Seen, and not checked out yet" in receptionist.page(f"/queue/tickets/new?patient_id={patient.id}")


@pytest.mark.guards("somebody booked for another day is not checked in as a walk-in without a word")
def test_who_is_booked_for_another_day_is_a_walk_in_only_when_that_is_meant(
    receptionist: Browser, make: Factory, session: Session
) -> None:
    service, patient = make.service(make.department()), make.patient()
    now = clock.now()
    doctor = make.practitioner("Zieliński")
    tomorrow = make.appointment(service, patient, now + dt.timedelta(days=1), practitioner=doctor, now=now)
    asked = receptionist.page(f"/queue/tickets/new?patient_id={patient.id}")
    assert "Booked for another day" in asked
    assert "Zieliński" in asked
    assert f"/appointments/{tomorrow.id}/move?day=" in asked
    sent = {"patient_id": str(patient.id), "service_id": str(service.id), "lane": "normal", "idempotency_key": "w" * 24}
    refused = receptionist.post("/queue/tickets", sent)
    assert refused.status_code == 422
    assert "tick this, or move it to now" in refused.text
    assert session.scalar(select(func.count(QueueEntry.id))) == 0
    assert receptionist.post("/queue/tickets", {**sent, "walk_in": "y"}).status_code == 303
    assert session.scalar(select(func.count(QueueEntry.id))) == 1
    # Who holds a ticket without a name is asked about as well.
    other = make.patient("Fatou")
    make.appointment(service, other, now + dt.timedelta(days=2), practitioner=doctor, now=now)
    nameless = make.ticket(service)
    assert "Booked for another day" in receptionist.page(f"/queue/{nameless.id}/identify?patient_id={other.id}")
    # An appointment that is far away is no reason to ask.
    later = make.patient("Later")
    make.appointment(service, later, now + dt.timedelta(days=40), practitioner=doctor, now=now)
    assert "Booked for another day" not in receptionist.page(f"/queue/tickets/new?patient_id={later.id}")
