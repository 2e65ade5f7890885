"""A kiosk: quick for patients, silent about them to everybody else."""

import datetime as dt
import re
import time
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import State as AppointmentState
from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.patients.models import Patient
from clinic.queue import service as queue
from clinic.queue.devices.queries import get_device_by_token
from clinic.queue.displays.models import Privacy
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.kiosk.screen.routes import ANSWER_SECONDS
from clinic.queue.models import QueueEntry, QueueEvent, Step
from clinic.visits.models import Visit
from tests.browser_client import Browser
from tests.factories import TESTER, Factory
from tests.page_forms import filled

PHONE = {"system": "phone", "value": "+33612345678", "typed": "06 12 34 56 78", "use": "mobile"}
BORN = dt.date(1980, 12, 24)


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


@pytest.fixture
def kiosk(make: Factory, consultation: Service) -> str:
    return make.kiosk(consultation.department)


@pytest.fixture
def amina(make: Factory) -> Patient:
    return make.patient(birth_date=BORN, telecoms=(PHONE,))


def claim(service: Service, phone: str = "06 12 34 56 78", born: str = "24121980") -> dict[str, Any]:
    return {
        "phone": phone,
        "birth_date": born,
        "is_claimed": "1",
        "service_id": service.id,
        "idempotency_key": "k" * 24,
    }


def give(browser: Browser, kiosk: str, sent: dict[str, Any]) -> str:
    """Send what a kiosk sends for a ticket; the page it leads to."""
    answer = browser.client.post(f"/kiosk/{kiosk}/tickets", data=sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return browser.page(answer.location)


def entries(session: Session) -> list[QueueEntry]:
    return list(session.scalars(select(QueueEntry).order_by(QueueEntry.id)))


def test_a_walk_in_takes_a_ticket(browser: Browser, session: Session, kiosk: str, consultation: Service) -> None:
    assert "Take a number" in browser.page(f"/kiosk/{kiosk}")
    assert "Consultation" in browser.page(f"/kiosk/{kiosk}/services")
    sent = {"service_id": consultation.id, "idempotency_key": "k" * 24}
    page = give(browser, kiosk, sent)
    assert "A-001" in page
    assert "data:image/svg+xml" in page
    assert "A-001" in give(browser, kiosk, sent)
    (entry,) = entries(session)
    assert (entry.patient_id, entry.visit_id) == (None, None)
    assert session.scalar(select(AuditEntry.actor_name).where(AuditEntry.entity == "queue_entry")) == "kiosk Entrance"


def test_a_patient_checks_in_by_phone_and_birth_date(
    browser: Browser, session: Session, kiosk: str, consultation: Service, amina: Patient
) -> None:
    assert "Birth date" in browser.page(f"/kiosk/{kiosk}/check-in")
    said = {"phone": "+33 6 12 34 56 78", "birth_date": "24/12/1980"}
    asked = browser.client.post(f"/kiosk/{kiosk}/services", data=said).get_data(as_text=True)
    assert "What are you here for?" in asked
    hidden = dict(re.findall(r'type="hidden" name="(phone|birth_date)" value="([^"]*)"', asked))
    assert "A-001" in give(browser, kiosk, claim(consultation) | hidden)
    (entry,) = entries(session)
    assert entry.patient_id == amina.id
    assert session.get_one(Visit, entry.visit_id).patient_id == amina.id


@pytest.mark.parametrize("scanned", ["as printed", "without its hyphen"])
def test_a_patient_checks_in_by_the_barcode_of_the_card(
    browser: Browser, session: Session, kiosk: str, consultation: Service, amina: Patient, scanned: str
) -> None:
    mrn = amina.mrn if scanned == "as printed" else amina.mrn.replace("-", "")
    asked = browser.client.post(f"/kiosk/{kiosk}/services", data={"mrn": mrn}).get_data(as_text=True)
    assert f'name="mrn" value="{mrn}"' in asked
    assert "Please type your birth date." in asked
    assert "Phone number" not in asked
    said = {"mrn": mrn, "birth_date": ["24", "12", "1980"]}
    asked = browser.client.post(f"/kiosk/{kiosk}/services", data=said).get_data(as_text=True)
    assert f'name="mrn" value="{mrn}"' in asked
    assert 'name="birth_date" value="24/12/1980"' in asked
    give(browser, kiosk, {**claim(consultation), "mrn": mrn, "phone": ""})
    assert [e.patient_id for e in entries(session)] == [amina.id]


@pytest.mark.guards(
    "a claim at a kiosk needs two things that belong together: a card or phone number and the birth date"
)
@pytest.mark.parametrize("said", ["a card alone", "a card and another birth date", "a phone alone"])
def test_one_thing_alone_checks_nobody_in(
    browser: Browser, session: Session, kiosk: str, consultation: Service, amina: Patient, said: str
) -> None:
    sent = claim(consultation)
    if said == "a phone alone":
        sent |= {"birth_date": ""}
    else:
        sent |= {"mrn": amina.mrn, "phone": "", "birth_date": "" if said == "a card alone" else "25121980"}
    answer = browser.client.post(f"/kiosk/{kiosk}/tickets", data=sent)
    assert answer.status_code == (303 if "another" in said else 422)
    assert [e.patient_id for e in entries(session)] == ([None] if "another" in said else [])
    assert session.scalar(select(func.count(Visit.id))) == 0


@pytest.mark.guards("every example of a date can be typed as it stands")
@pytest.mark.parametrize("boxes", [("24", "12", "1980"), ("3", "5", "1982"), ("03", "5", "82"), ("", "", "3/5/1982")])
def test_a_birth_date_is_typed_in_three_boxes(browser: Browser, kiosk: str, boxes: tuple[str, str, str]) -> None:
    shown = browser.page(f"/kiosk/{kiosk}/check-in")
    example = re.findall(r"For example: (\d+) (\d+) (\d+)", shown)[0]
    for typed in (boxes, example):
        sent = {"phone": "0612345678", "birth_date": [*typed]}
        answer = browser.client.post(f"/kiosk/{kiosk}/services", data=sent)
        assert answer.status_code == 200
        assert "What are you here for?" in answer.get_data(as_text=True)


def test_boxes_keep_what_was_typed(browser: Browser, kiosk: str) -> None:
    sent = {"phone": "0612345678", "birth_date": ["31", "2", "1982"]}
    html = browser.client.post(f"/kiosk/{kiosk}/services", data=sent).get_data(as_text=True)
    assert re.findall(r'name="birth_date" type="text" value="(\d*)"', html) == ["31", "2", "1982"]
    assert "This is no date. Type it like 14 3 1982." in html


def test_an_appointment_of_today_has_arrived(
    browser: Browser, session: Session, make: Factory, kiosk: str, consultation: Service, amina: Patient
) -> None:
    appointment = make.appointment(consultation, amina, clock.now(), room=make.room(consultation.department))
    give(browser, kiosk, claim(consultation))
    session.refresh(appointment)
    assert appointment.state is AppointmentState.ARRIVED
    (entry,) = entries(session)
    assert session.get_one(Visit, entry.visit_id).appointment_id == appointment.id


def shape(page: str) -> str:
    """A page without what differs from ticket to ticket and from minute to minute."""
    return re.sub(r'/t(ickets)?/[\w-]{32}|data:image[^"]*|A-\d+|<strong>\d+</strong>|\d\d:\d\d', "", page)


def test_nobody_can_tell_a_patient_from_a_stranger(
    browser: Browser, session: Session, make: Factory, kiosk: str, consultation: Service, amina: Patient
) -> None:
    for _ in range(2):
        make.ticket(consultation)
    strangers = claim(consultation, phone="06 99 99 99 99"), claim(consultation, born="25121980")
    answers, seconds = [], []
    for sent in (*strangers, claim(consultation), *strangers, claim(consultation)):
        began = time.monotonic()
        answers.append(give(browser, kiosk, sent))
        seconds.append(time.monotonic() - began)
    assert len({shape(page) for page in answers}) == 1
    tickets = [re.findall(r"A-\d+", page)[0] for page in answers]
    # Saying the same again shows the same ticket again, to both.
    assert tickets[:3] == tickets[3:] == ["A-003", "A-004", "A-005"]
    assert [e.patient_id for e in entries(session)[2:]] == [None, None, amina.id]
    assert min(seconds) >= ANSWER_SECONDS


@pytest.mark.guards("kiosk and waiting-room screen together never tell who is a patient")
@pytest.mark.parametrize("privacy", [Privacy.INITIALS, Privacy.FIRST_NAME])
def test_no_screen_names_a_ticket_of_a_kiosk_until_the_desk_confirms_it(
    receptionist: Browser,
    session: Session,
    make: Factory,
    kiosk: str,
    consultation: Service,
    amina: Patient,
    privacy: Privacy,
) -> None:
    screen = f"/display/{make.display(consultation.department, privacy=privacy)}"
    give(receptionist, kiosk, claim(consultation))
    give(receptionist, kiosk, claim(consultation, born="25121980"))
    for entry in entries(session):
        with transaction(session):
            queue.move_entry(session, entry_id=entry.id, step=Step.CALL, actor=TESTER, now=clock.now())
    rows = re.findall(r'<li data-call="\d+:1".*?</li>', receptionist.page(screen), re.DOTALL)
    assert len(rows) == 2
    alike = [re.sub(r"\d+:1|\b0*[12]\b|A-00\d", "", row) for row in rows]
    assert alike[0] == alike[1]
    assert "A. B." not in rows[0] + rows[1]
    assert "Amina" not in rows[0] + rows[1]

    known = entries(session)[0]
    assert "by kiosk, not confirmed" in receptionist.page(f"/queue/boards/{consultation.department_id}")
    assert "by kiosk, not confirmed" in receptionist.page("/today")
    assert "Confirm who it is" in receptionist.page(f"/queue/{known.id}")
    assert receptionist.post(f"/queue/{known.id}/confirm").status_code == 303
    named = receptionist.page(screen)
    assert ("A. B." if privacy is Privacy.INITIALS else "Amina") in named
    assert "by kiosk, not confirmed" not in receptionist.page("/today")
    assert receptionist.post(f"/queue/{known.id}/confirm").status_code == 409
    event = session.scalars(select(QueueEvent.id).order_by(QueueEvent.id.desc())).first()
    receptionist.post(f"/queue/events/{event}/undo")
    assert "Amina" not in receptionist.page(screen)
    assert "A. B." not in receptionist.page(screen)


def test_only_who_checks_in_confirms(
    cashier: Browser, session: Session, kiosk: str, consultation: Service, amina: Patient
) -> None:
    give(cashier, kiosk, claim(consultation))
    assert cashier.post(f"/queue/{entries(session)[0].id}/confirm").status_code == 403


def test_who_is_here_already_gets_one_more_ticket_without_a_name(
    browser: Browser, session: Session, make: Factory, kiosk: str, consultation: Service, amina: Patient
) -> None:
    make.ticket(consultation, amina)
    assert "A-002" in give(browser, kiosk, claim(consultation))
    assert [e.patient_id for e in entries(session)] == [amina.id, None]


def test_after_the_first_ticket_is_over_the_same_claim_gets_another(
    browser: Browser, session: Session, kiosk: str, consultation: Service, amina: Patient
) -> None:
    give(browser, kiosk, claim(consultation))
    (entry,) = entries(session)
    for step in (Step.CALL, Step.NO_SHOW):
        with transaction(session):
            queue.move_entry(session, entry_id=entry.id, step=step, actor=TESTER, now=clock.now())
    assert "A-002" in give(browser, kiosk, claim(consultation))


def test_two_who_share_phone_and_birthday_are_left_to_the_reception(
    browser: Browser, session: Session, make: Factory, kiosk: str, consultation: Service, amina: Patient
) -> None:
    make.patient("Samira", birth_date=BORN, telecoms=(PHONE,))
    give(browser, kiosk, claim(consultation))
    assert [e.patient_id for e in entries(session)] == [None]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"phone": "12", "birth_date": "24121980"}, "Please type the whole phone number."),
        ({"phone": "0612345678", "birth_date": ""}, "Please type the birth date."),
        ({"phone": "0612345678", "birth_date": ["99", "99", "9999"]}, "This is no date."),
        ({"phone": "0612345678", "birth_date": ["3", "", "1980"]}, "Please type day, month and year."),
        ({"mrn": "000001-3", "birth_date": ["", "", ""]}, "Please type the birth date."),
        ({"phone": "0612345678", "birth_date": "tomorrow"}, "This is no date."),
        ({"phone": "0612345678", "birth_date": "24122090"}, "This date lies in the future."),
        ({"mrn": "000001-0"}, "This card could not be read."),
        ({}, "Please type the whole phone number."),
    ],
)
def test_what_cannot_be_read_is_asked_again(
    browser: Browser, session: Session, kiosk: str, typed: dict[str, Any], message: str
) -> None:
    answer = browser.client.post(f"/kiosk/{kiosk}/services", data=typed)
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert not entries(session)


def test_a_kiosk_gives_tickets_of_its_departments_only(
    browser: Browser, session: Session, make: Factory, kiosk: str
) -> None:
    blood = make.service(make.department("Laboratory"), "Blood test", "B")
    assert "Blood test" not in browser.page(f"/kiosk/{kiosk}/services")
    sent = {"service_id": blood.id, "idempotency_key": "k" * 24}
    assert browser.client.post(f"/kiosk/{kiosk}/tickets", data=sent).status_code == 422
    assert not entries(session)


def test_nobody_takes_tickets_faster_than_people_queue(browser: Browser, kiosk: str, consultation: Service) -> None:
    codes = set()
    for number in range(25):
        sent = {"service_id": 0, "idempotency_key": f"{number:024}"}
        codes.add(browser.client.post(f"/kiosk/{kiosk}/tickets", data=sent).status_code)
    assert codes == {422, 429}
    refused = browser.client.post(f"/kiosk/{kiosk}/tickets", data={}).get_data(as_text=True)
    assert "Please wait a moment and try again." in refused


def test_a_kiosk_switched_off_gives_nothing(
    manager: Browser, session: Session, kiosk: str, consultation: Service
) -> None:
    kiosk_id = get_device_by_token(session, Kiosk, kiosk).id
    manager.page(f"/queue/kiosk/{kiosk_id}/revoke")
    assert manager.post(f"/queue/kiosk/{kiosk_id}/revoke").status_code == 303
    for address in ("", "/check-in", "/services"):
        answer = manager.get(f"/kiosk/{kiosk}{address}")
        assert answer.status_code == 404
        assert "Please go to the reception." in answer.get_data(as_text=True)
    sent = {"service_id": consultation.id, "idempotency_key": "k" * 24}
    assert manager.client.post(f"/kiosk/{kiosk}/tickets", data=sent).status_code == 404
    assert session.scalar(select(func.count(QueueEntry.id))) == 0


def test_a_kiosk_that_is_on_is_seen(browser: Browser, session: Session, kiosk: str) -> None:
    assert browser.client.post(f"/kiosk/{kiosk}/seen").status_code == 204
    session.expire_all()
    assert get_device_by_token(session, Kiosk, kiosk).last_seen_at is not None


def test_a_manager_sets_up_a_kiosk(manager: Browser, session: Session, consultation: Service) -> None:
    assert "No kiosk yet" in manager.page("/queue/kiosk")
    manager.page("/queue/kiosk/new")
    sent = {"name": "Hall", "department_ids": consultation.department_id, "languages": "en", "prints": "y"}
    made = manager.post("/queue/kiosk", sent | {"idempotency_key": "k" * 24}).get_data(as_text=True)
    (token,) = re.findall(r"/kiosk/([\w-]{32,})", made)[:1]
    kiosk = get_device_by_token(session, Kiosk, token)
    assert (kiosk.name, kiosk.prints, kiosk.languages) == ("Hall", True, ["en"])
    address = f"/queue/kiosk/{kiosk.id}"
    changed = filled(manager, f"{address}/edit", address, name="Door")
    assert "Give it a name" in manager.post(address, changed | {"name": ""}).get_data(as_text=True)
    assert manager.post(address, changed).status_code == 303
    assert "Door" in manager.page("/queue/kiosk")
    manager.page(f"/queue/kiosk/{kiosk.id}/edit")
    manager.page(f"/queue/kiosk/{kiosk.id}/renew")
    manager.post(f"/queue/kiosk/{kiosk.id}/renew")
    assert manager.get(f"/kiosk/{token}").status_code == 404


def test_only_managers_set_up_kiosks(receptionist: Browser) -> None:
    assert receptionist.get("/queue/kiosk").status_code == 403
    assert receptionist.post("/queue/kiosk", {"name": "Hall"}).status_code == 403
