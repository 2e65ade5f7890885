"""Who is booked for another day is seen to be before anything new begins for them."""

import datetime as dt

import pytest
from babel.dates import format_skeleton
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import CancelledBy
from clinic.appointments.queries import find_next_expected
from clinic.appointments.service import cancel_appointment
from clinic.db import transaction
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser
from tests.factories import TESTER, ZONE
from tests.query_counter import count_queries


def words(hour: int, days: int = 0) -> str:
    day = monday() + dt.timedelta(days=days)
    pattern = "MMMEd" if day.year == clock.clinic_day(clock.now(), ZONE).year else "yMMMEd"
    return f"Booked for {format_skeleton(pattern, day, locale='en_GB')} {hour}:00"


def places(browser: Browser, patient_id: int, typed: str) -> dict[str, str]:
    """Each place that should say it."""
    found = {"q": typed, "typing": "1"}
    return {
        "chart": browser.page(f"/patients/{patient_id}"),
        "header": browser.htmx("GET", f"/patients/{patient_id}/header").text,
        "suggestions": browser.htmx("POST", "/patients/suggest", found).text,
        "results": browser.htmx("POST", "/patients/search", found).text,
        "booking": browser.htmx("POST", "/appointments/new", found).text,
    }


@pytest.mark.guards("charts and search results say for when somebody is booked")
def test_charts_and_results_say_for_when_somebody_is_booked(
    receptionist: Browser, session: Session, clinic: Clinic
) -> None:
    for place, html in places(receptionist, clinic.patient.id, "benali").items():
        assert "Benali" in html, place
        assert "Booked for" not in html, place
    clinic.book(soon(11, days=1))
    first = clinic.book(soon(10))
    for place, html in places(receptionist, clinic.patient.id, "benali").items():
        assert html.replace("\N{NARROW NO-BREAK SPACE}", " ").count(words(10)) == 1, place
    with transaction(session):
        cancel_appointment(
            session,
            appointment_id=first.id,
            expected_version=1,
            cancelled_by=CancelledBy.CLINIC,
            reason=None,
            actor=TESTER,
            now=clock.now(),
        )
    for place, html in places(receptionist, clinic.patient.id, "benali").items():
        assert words(10) not in html, place
        assert words(11, 1) in html.replace("\N{NARROW NO-BREAK SPACE}", " "), place


def test_only_who_is_still_expected_is_named_in_one_query(session: Session, clinic: Clinic) -> None:
    others = [clinic.make.patient(f"Other {n}") for n in range(3)]
    clinic.book(soon(10), patient=others[0])
    clinic.book(soon(11), patient=others[1])
    ids = [clinic.patient.id, *(one.id for one in others)]
    with count_queries() as queries:
        found = find_next_expected(session, ids, since=soon(0))
    assert found == {others[0].id: soon(10), others[1].id: soon(11)}
    assert len(queries) == 1
    assert find_next_expected(session, ids, since=soon(10) + dt.timedelta(minutes=1)) == {others[1].id: soon(11)}
