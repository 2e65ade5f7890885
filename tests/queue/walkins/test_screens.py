"""Who is this? On the screen."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.clock import wall_time
from clinic.directory.models import Service
from clinic.patients.models import Patient
from clinic.queue.models import QueueEntry
from clinic.visits.models import Visit
from tests.browser_client import Browser
from tests.factories import ZONE, Factory
from tests.query_count import count_queries


@pytest.fixture
def service(make: Factory) -> Service:
    return make.service(make.department())


@pytest.fixture
def entry(make: Factory, service: Service) -> QueueEntry:
    return make.ticket(service, now=clock.now())


def address(entry: QueueEntry) -> str:
    return f"/queue/{entry.id}/identify"


def test_only_an_anonymous_ticket_asks_who_it_is(
    receptionist: Browser, make: Factory, service: Service, entry: QueueEntry
) -> None:
    named = make.ticket(service, make.patient(), now=clock.now())
    board = receptionist.page(f"/queue/boards/{entry.department_id}")
    assert f'href="{address(entry)}"' in board
    assert f'href="{address(named)}"' not in board
    assert address(entry) in receptionist.page(f"/queue/{entry.id}")
    assert address(named) not in receptionist.page(f"/queue/{named.id}")


def test_a_patient_is_found_confirmed_and_named_once(
    receptionist: Browser, make: Factory, entry: QueueEntry, session: Session
) -> None:
    patient = make.patient("Amina", "Benali")
    receptionist.page(address(entry))
    found = receptionist.htmx("POST", f"{address(entry)}/patients", {"q": "benali", "typing": "1"}).text
    assert f"{address(entry)}?patient_id={patient.id}" in found
    assert f"?patient_id={patient.id}" in receptionist.post(f"{address(entry)}/patients", {"q": "benali"}).text
    asked = receptionist.page(f"{address(entry)}?patient_id={patient.id}")
    assert "This is the person" in asked
    answer = receptionist.htmx("POST", address(entry), {"patient_id": str(patient.id)})
    assert answer.status_code == 200
    assert "queue-changed" in answer.headers["HX-Trigger"]
    assert "A-001 identified" in answer.text
    assert "/undo" in answer.text
    assert receptionist.htmx("POST", address(entry), {"patient_id": str(patient.id)}).status_code == 409
    assert session.scalars(select(Visit.patient_id)).one() == patient.id
    assert "Amina Benali" in receptionist.page(f"/queue/boards/{entry.department_id}")


def test_the_appointment_of_today_is_proposed(
    receptionist: Browser, make: Factory, service: Service, entry: QueueEntry, session: Session
) -> None:
    patient: Patient = make.patient()
    starts_at = wall_time(clock.clinic_day(clock.now(), ZONE), clock.now().astimezone(ZONE).time(), ZONE)
    booked = make.appointment(service, patient, starts_at, practitioner=make.practitioner(), now=clock.now())
    asked = receptionist.page(f"{address(entry)}?patient_id={patient.id}")
    assert "Dr Lea Martin" in asked
    sent = {"patient_id": str(patient.id), "appointment_id": str(booked.id)}
    assert receptionist.post(address(entry), sent).status_code == 303
    assert session.scalars(select(Visit.appointment_id)).one() == booked.id


def test_who_is_here_already_is_asked_about(
    receptionist: Browser, make: Factory, service: Service, entry: QueueEntry
) -> None:
    patient = make.patient()
    other = make.ticket(make.service(entry.department, "Blood test", "B"), patient, now=clock.now())
    asked = receptionist.htmx("POST", address(entry), {"patient_id": str(patient.id)})
    assert asked.status_code == 422
    assert other.ticket in asked.text
    assert receptionist.post(address(entry), {"patient_id": str(patient.id), "confirm": "y"}).status_code == 303


def test_who_is_registered_for_it_comes_back_to_the_ticket(receptionist: Browser, entry: QueueEntry) -> None:
    page = receptionist.page(f"/patients/new?ticket={entry.id}")
    assert f'action="/patients/new?ticket={entry.id}"' in page
    values = {"given_name": "Zoltan", "family_name": "New", "idempotency_key": "k" * 24, "sex": "unknown"}
    answer = receptionist.post(f"/patients/new?ticket={entry.id}", values)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{address(entry)}?patient_id=")


def test_it_is_the_front_desks(cashier: Browser, entry: QueueEntry) -> None:
    for path in (address(entry), f"{address(entry)}?patient_id=1"):
        assert cashier.get(path).status_code == 403
    assert cashier.post(address(entry), {"patient_id": "1"}).status_code == 403
    assert cashier.post(f"{address(entry)}/patients", {"q": "x"}).status_code == 403


def test_what_makes_no_sense_is_refused(receptionist: Browser, entry: QueueEntry) -> None:
    assert receptionist.post(address(entry), {"patient_id": "none"}).status_code == 422
    assert receptionist.post(address(entry), {"patient_id": "999"}).status_code == 404
    assert receptionist.get("/queue/0/identify").status_code == 404


def test_the_board_costs_the_same_with_many_anonymous_tickets(
    receptionist: Browser, make: Factory, service: Service, entry: QueueEntry
) -> None:
    url = f"/queue/boards/{entry.department_id}"
    receptionist.get(url)
    with count_queries(receptionist.session) as few:
        receptionist.get(url)
    for _ in range(5):
        make.ticket(service, now=clock.now())
    with count_queries(receptionist.session) as many:
        receptionist.get(url)
    assert len(many) == len(few)
