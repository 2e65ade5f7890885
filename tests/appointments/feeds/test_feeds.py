"""Calendar addresses, and the file of one appointment: read by a real iCalendar reader."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from icalendar import Calendar, Component
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic import clock
from clinic.appointments.feeds.models import CalendarFeed
from clinic.appointments.models import CancelledBy
from clinic.appointments.service import cancel_appointment, confirm_appointment
from clinic.audit.queries import AuditFilter, list_entries
from clinic.auth.access import Role
from clinic.db import transaction
from tests.appointments.conftest import Clinic
from tests.appointments.soon import soon
from tests.browser_client import Browser
from tests.factories import TESTER

KEY = "k" * 24


def make_address(browser: Browser, clinic: Clinic, **values: object) -> str:
    sent = {"practitioner_id": clinic.practitioner.id, "idempotency_key": KEY, **values}
    page = browser.post("/appointments/feeds", sent).get_data(as_text=True)
    return page.partition('value="http://localhost')[2].partition('"')[0]


def events(answer: TestResponse) -> list[Component]:
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.get_data()).walk("VEVENT"))


def test_an_address_gives_the_appointments_without_names(manager: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9, 15))
    clinic.book(
        soon(9), practitioner=clinic.make.practitioner("Okafor"), room=None, patient=clinic.make.patient("Jean")
    )
    address = make_address(manager, clinic)
    manager.client.delete_cookie("clinic")
    (event,) = events(manager.get(address))
    assert (event.start, event.end) == (soon(9, 15), soon(9, 30))
    assert (str(event["summary"]), str(event["location"])) == ("Consultation", "Room 1")
    assert "Benali" not in manager.get(address).get_data(as_text=True)


def test_names_are_in_it_only_where_allowed(manager: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9, 15))
    (event,) = events(manager.get(make_address(manager, clinic, shows_names="y")))
    assert str(event["summary"]) == "Amina Benali · Consultation"


@pytest.mark.guards("whoever reads names from a calendar address is recorded, once an hour and address")
def test_reading_names_is_recorded_once_an_hour_and_address(
    manager: Browser, session: Session, clinic: Clinic, write_readings: Callable[[], int]
) -> None:
    appointment = clinic.book(soon(9, 15))
    address = make_address(manager, clinic, shows_names="y")
    manager.client.delete_cookie("clinic")
    for where in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        assert manager.get(address, environ_overrides={"REMOTE_ADDR": where}).status_code == 200
    write_readings()
    found = list_entries(session, AuditFilter(patient_id=appointment.patient_id), before=None, limit=9)
    read = [entry for entry in found if entry.action == "feeds.read"]
    assert [entry.after["address"] for entry in read] == ["10.0.0.2", "10.0.0.1"]
    assert all(entry.actor_name.startswith("calendar address ") for entry in read)


def test_reading_an_address_without_names_is_not(
    manager: Browser, session: Session, clinic: Clinic, write_readings: Callable[[], int]
) -> None:
    clinic.book(soon(9, 15))
    address = make_address(manager, clinic)
    write_readings()
    manager.client.delete_cookie("clinic")
    assert manager.get(address).status_code == 200
    assert write_readings() == 0


def test_a_moved_appointment_replaces_the_old_one_and_a_cancelled_one_leaves(
    manager: Browser, session: Session, clinic: Clinic
) -> None:
    appointment, address = clinic.book(soon(9)), make_address(manager, clinic)
    (before,) = events(manager.get(address))
    with transaction(session) as write:
        confirm_appointment(write, appointment_id=appointment.id, expected_version=1, actor=TESTER, now=clock.now())
    (after,) = events(manager.get(address))
    assert before["uid"] == after["uid"]
    assert after["sequence"] > before["sequence"]
    assert (str(before["status"]), str(after["status"])) == ("TENTATIVE", "CONFIRMED")
    with transaction(session) as write:
        cancel_appointment(
            write,
            appointment_id=appointment.id,
            expected_version=2,
            cancelled_by=CancelledBy.CLINIC,
            actor=TESTER,
            now=clock.now(),
        )
    assert events(manager.get(address)) == []


def test_an_ended_address_gives_nothing(manager: Browser, session: Session, clinic: Clinic) -> None:
    address = make_address(manager, clinic)
    feed = session.scalars(select(CalendarFeed)).one()
    manager.page(f"/appointments/feeds/{feed.id}/revoke")
    manager.post(f"/appointments/feeds/{feed.id}/revoke")
    assert manager.get(address).status_code == 404
    assert manager.get("/appointments/feeds/read/made-up.ics").status_code == 404
    assert "No address yet" in manager.page("/appointments/feeds")
    assert manager.post(f"/appointments/feeds/{feed.id}/revoke").status_code == 404


def test_the_token_is_long_and_not_kept(manager: Browser, session: Session, clinic: Clinic) -> None:
    token = make_address(manager, clinic).rpartition("/")[2].removesuffix(".ics")
    assert len(token) >= 43
    assert token.encode() not in session.scalars(select(CalendarFeed.token_digest)).one()
    assert make_address(manager, clinic) == ""
    assert session.query(CalendarFeed).count() == 1


def test_when_it_was_last_read_is_kept(manager: Browser, session: Session, clinic: Clinic) -> None:
    address = make_address(manager, clinic)
    assert "never" in manager.page("/appointments/feeds")
    manager.get(address)
    read_at = session.scalars(select(CalendarFeed.last_read_at)).one()
    assert read_at is not None
    assert clock.now() - read_at < dt.timedelta(minutes=1)


def test_practitioners_give_an_address_to_their_own_calendar_only(
    browser: Browser, session: Session, clinic: Clinic
) -> None:
    user = clinic.make.user(Role.PRACTITIONER)
    browser.sign_in(user)
    assert "no calendar of your own" in browser.page("/appointments/feeds/new")
    assert make_address(browser, clinic) == ""
    with transaction(session):
        clinic.practitioner.user_id = user.id
    assert make_address(browser, clinic)
    other = clinic.make.practitioner("Okafor")
    sent = {"practitioner_id": other.id, "idempotency_key": "o" * 24}
    assert browser.post("/appointments/feeds", sent).status_code == 422


def test_what_is_not_the_actors_is_hidden(manager: Browser, session: Session, clinic: Clinic) -> None:
    make_address(manager, clinic)
    feed = session.scalars(select(CalendarFeed)).one()
    manager.sign_in(clinic.make.user(Role.PRACTITIONER))
    assert "No address yet" in manager.page("/appointments/feeds")
    assert manager.get(f"/appointments/feeds/{feed.id}/revoke").status_code == 404


@pytest.mark.parametrize("address", ["/appointments/feeds", "/appointments/feeds/new"])
def test_receptionists_make_no_addresses(receptionist: Browser, clinic: Clinic, address: str) -> None:
    assert receptionist.get(address).status_code == 403
    assert receptionist.post("/appointments/feeds", {"practitioner_id": clinic.practitioner.id}).status_code == 403


def test_one_appointment_is_a_file_for_the_patient(receptionist: Browser, clinic: Clinic) -> None:
    appointment = clinic.book(soon(9), note="Bring the letter")
    answer = receptionist.get(f"/appointments/{appointment.id}.ics")
    (event,) = events(answer)
    assert (event.start, str(event["summary"])) == (soon(9), "Consultation · Dr Lea Martin")
    text = answer.get_data(as_text=True)
    assert "Benali" not in text
    assert "letter" not in text
    assert ".ics" in answer.headers["Content-Disposition"]
    assert f"/appointments/{appointment.id}.ics" in receptionist.page(f"/appointments/{appointment.id}")
    assert receptionist.get("/appointments/999.ics").status_code == 404


@pytest.mark.guards("one appointment has one UID, whatever the host is called")
def test_an_appointment_has_one_uid_under_every_host_name(manager: Browser, session: Session, clinic: Clinic) -> None:
    booked, address = clinic.book(soon(9)), make_address(manager, clinic)
    cookie = manager.client.get_cookie("clinic")
    assert cookie
    found = set()
    for url in (address, f"/appointments/{booked.id}.ics"):
        for host in ("localhost", "clinic.example", "192.0.2.7"):
            manager.client.set_cookie("clinic", cookie.value, domain=host)
            (event,) = events(manager.get(url, base_url=f"http://{host}:8443"))
            found.add(str(event["uid"]))
    assert len(found) == 1
    assert re.fullmatch(rf"appointment-{booked.id}@[0-9a-f]{{32}}", found.pop())
