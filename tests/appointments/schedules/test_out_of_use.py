"""Taking somebody or something out of use names the appointments that need it, and touches none."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment, State
from clinic.appointments.schedules.queries import list_stranded, list_unused
from clinic.db import transaction
from tests.appointments.conftest import Clinic
from tests.browser_client import Browser
from tests.factories import ZONE
from tests.page_forms import filled
from tests.query_count import count_queries


def book(clinic: Clinic, **values: Any) -> Appointment:
    """Ten o'clock, a week from today."""
    day = clock.clinic_day(clock.now(), ZONE) + dt.timedelta(days=7)
    return clinic.book(clock.wall_time(day, values.pop("at", dt.time(10)), ZONE), now=clock.now(), **values)


def practitioner_form(manager: Browser, clinic: Clinic, **values: Any) -> dict[str, Any]:
    """The form of the practitioner with "works here" unticked."""
    address = f"/directory/practitioners/{clinic.practitioner.id}"
    sent = filled(manager, f"{address}/edit", address, **values)
    sent.pop("is_active", None)
    return sent


def test_who_is_booked_is_named_before_a_practitioner_leaves(manager: Browser, clinic: Clinic) -> None:
    booked = book(clinic)
    url = f"/directory/practitioners/{clinic.practitioner.id}"
    manager.page(f"{url}/edit")
    asked = manager.post(url, practitioner_form(manager, clinic, specialty="Paediatrics"))
    assert asked.status_code == 422
    for text in ("1 booked appointment", "Amina Benali", "10:00", "no longer works here", 'value="Paediatrics"'):
        assert text in asked.get_data(as_text=True)
    assert clinic.practitioner.is_active
    sent = practitioner_form(manager, clinic, confirm="y")
    assert manager.post(url, sent).status_code == 303
    assert not clinic.practitioner.is_active
    assert (booked.state, booked.version) == (State.BOOKED, 1)
    assert manager.post(url, sent).status_code == 409
    assert "no longer works here" in manager.page("/appointments/schedules/stranded")


def test_a_practitioner_whom_nobody_needs_leaves_without_a_question(manager: Browser, clinic: Clinic) -> None:
    book(clinic, practitioner=clinic.make.practitioner("Other"))
    cancelled = book(clinic, at=dt.time(11), patient=clinic.make.patient("Karim"), room=None)
    with transaction(clinic.make.session):
        cancelled.state = State.CANCELLED
    url = f"/directory/practitioners/{clinic.practitioner.id}"
    assert manager.post(url, practitioner_form(manager, clinic)).status_code == 303
    assert not clinic.practitioner.is_active


def test_who_left_already_is_edited_without_a_question(manager: Browser, clinic: Clinic, session: Session) -> None:
    book(clinic)
    with transaction(session):
        clinic.practitioner.is_active = False
    url = f"/directory/practitioners/{clinic.practitioner.id}"
    assert manager.post(url, practitioner_form(manager, clinic, specialty="Retired")).status_code == 303


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("rooms", "The room is no longer in use."),
        ("services", "The service is no longer offered."),
        ("departments", "The room is no longer in use. The service is no longer offered."),
    ],
)
def test_who_is_booked_is_named_before_a_place_goes_out_of_use(
    manager: Browser, clinic: Clinic, kind: str, why: str
) -> None:
    booked = book(clinic)
    place = {"rooms": clinic.room, "services": clinic.service, "departments": clinic.department}[kind]
    url = f"/directory/{kind}/{place.id}/deactivate"
    sent = {"version": str(place.version)}
    asked = manager.htmx("POST", url, sent)
    assert asked.status_code == 422
    assert asked.headers["HX-Retarget"] == "#shared-dialog-body"
    for text in ("1 booked appointment needs it", "Amina Benali", why):
        assert text in asked.get_data(as_text=True)
    assert manager.post(url, sent).status_code == 422  # the same question as a page of its own
    assert place.is_active
    assert manager.htmx("POST", url, {**sent, "confirm": "y"}).status_code == 200
    assert not place.is_active
    assert booked.state is State.BOOKED
    assert manager.htmx("POST", url, {**sent, "confirm": "y"}).status_code == 409


def test_other_rooms_and_services_are_not_in_the_question(manager: Browser, clinic: Clinic) -> None:
    book(clinic)
    room, service = clinic.make.room(clinic.department, "Room 2"), clinic.make.service(clinic.department, "Other", "B")
    for kind, place in (("rooms", room), ("services", service)):
        assert manager.htmx("POST", f"/directory/{kind}/{place.id}/deactivate", {"version": "1"}).status_code == 200


def test_what_is_out_of_use_is_listed_until_it_is_back(clinic: Clinic, session: Session) -> None:
    booked = book(clinic)
    clinic.make.working_hours(clinic.practitioner, *range(7), starts="09:00", ends="17:00")
    now = clock.now()
    assert list_stranded(session, now=now, zone=ZONE) == []
    clinic.room.is_active = False
    session.flush()
    assert [one.appointment.id for one in list_stranded(session, now=now, zone=ZONE)] == [booked.id]
    clinic.room.is_active = True
    session.flush()
    assert list_stranded(session, now=now, zone=ZONE) == []


def test_naming_them_costs_one_query_however_many_there_are(clinic: Clinic, session: Session) -> None:
    for number in range(8):
        book(clinic, at=dt.time(9 + number), patient=clinic.make.patient(f"P{number}"))
    clinic.practitioner.is_active = False
    session.flush()
    session.expire_all()
    with count_queries(session) as queries:
        found = list_unused(session, now=clock.now())
        assert len({one.appointment.patient.display_name for one in found}) == 8
    assert len(queries) == 1
