"""The calendar and the day sheet on the screen, and what the script reads."""

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from clinic.appointments.models import CancelledBy
from clinic.appointments.service import cancel_appointment
from clinic.auth.access import Role
from clinic.db import transaction
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser
from tests.factories import NOW, TESTER
from tests.query_counter import count_queries


def url(**chosen: str) -> str:
    return "/appointments?" + "&".join(f"{k}={v}" for k, v in {"day": monday().isoformat(), **chosen}.items())


def events(browser: Browser, **chosen: str) -> list[dict[str, Any]]:
    answer = browser.get(url(**chosen).replace("/appointments?", "/appointments/events?"))
    found: list[dict[str, Any]] = answer.get_json()["events"]
    return found


def booked(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [e for e in found if "id" in e]


def test_the_day_sheet_says_who_comes_when_and_to_whom(receptionist: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9, 15))
    page = receptionist.page(url())
    assert "09:15" in page
    assert "Amina Benali" in page
    assert "Consultation · Dr Lea Martin · Room 1" in page.replace("\n", "")
    assert "Booked" in page
    assert "No appointment on this day" in receptionist.page(url(day=(monday() + dt.timedelta(days=1)).isoformat()))


def test_the_script_reads_wall_clock_times_and_words(receptionist: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9, 15))
    (found,) = booked(events(receptionist))
    day = monday().isoformat()
    assert (found["start"], found["end"]) == (f"{day}T09:15:00", f"{day}T09:30:00")
    assert found["resourceIds"] == [str(clinic.practitioner.id)]
    assert found["extendedProps"]["state"] == "Booked"
    assert found["startEditable"] is True


def test_by_room_the_columns_are_rooms(receptionist: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9))
    clinic.book(soon(10), room=None, patient=clinic.make.patient("Jean", "Dupont"))
    found = booked(events(receptionist, by="room"))
    assert [e["resourceIds"] for e in found] == [[str(clinic.room.id)], ["none"]]
    assert "No room" in receptionist.page(url(by="room"))


def test_a_week_shows_seven_days_and_one_column_only_its_own(receptionist: Browser, clinic: Clinic) -> None:
    other = clinic.make.practitioner("Okafor")
    clinic.book(soon(9))
    clinic.book(soon(9, days=3), practitioner=other, room=None)
    assert len(booked(events(receptionist, view="week"))) == 2
    (found,) = booked(events(receptionist, view="week", who=str(other.id)))
    assert found["resourceIds"] == [str(other.id)]
    receptionist.page(url(view="week", who=str(other.id)))


def test_times_outside_the_open_hours_are_shaded(receptionist: Browser, clinic: Clinic) -> None:
    clinic.make.working_hours(clinic.practitioner, starts="09:00", ends="10:30")
    clinic.make.working_hours(clinic.practitioner, starts="11:00", ends="12:00")
    shaded = [(e["start"][11:16], e["end"][11:16]) for e in events(receptionist) if e.get("display") == "background"]
    assert shaded == [("10:30", "11:00")]


def test_a_cancelled_appointment_leaves_its_time_free_but_stays_on_the_sheet(
    receptionist: Browser, session: Session, clinic: Clinic
) -> None:
    appointment = clinic.book(soon(9))
    with transaction(session):
        cancel_appointment(
            session,
            appointment_id=appointment.id,
            expected_version=1,
            cancelled_by=CancelledBy.CLINIC,
            actor=TESTER,
            now=NOW,
        )
    assert booked(events(receptionist)) == []
    assert "Cancelled" in receptionist.page(url())


def test_who_may_not_book_sees_the_calendar_and_moves_nothing(cashier: Browser, clinic: Clinic) -> None:
    clinic.book(soon(9))
    assert booked(events(cashier))[0]["startEditable"] is False
    page = cashier.page(url())
    assert "/appointments/new" not in page
    assert re.search(r'"bookUrl": ?null', page)


def test_a_full_day_costs_as_many_queries_as_an_empty_one(receptionist: Browser, clinic: Clinic) -> None:
    counts = []
    for number in (0, 8):
        for n in range(number):
            clinic.book(soon(9 + n), patient=clinic.make.patient("Jean", f"Dupont {n}"))
        with count_queries() as statements:
            receptionist.get(url())
        counts.append(len(statements))
    # The names of columns are asked for once there is one.
    assert counts[1] - counts[0] <= 1


def test_the_printed_sheet_prints_itself(receptionist: Browser, clinic: Clinic) -> None:
    assert "print.js" in receptionist.page(url(print="1"))


@pytest.mark.parametrize("view", ["", "&view=week"])
def test_a_day_on_which_nobody_works_says_so_instead_of_drawing_no_columns(receptionist: Browser, view: str) -> None:
    page = receptionist.page(f"/appointments?day=2031-03-02{view}")
    assert "Nobody works" in page
    assert 'id="calendar"' not in page
    assert "calendar/page.js" not in page
    assert "calendar/toolbar.js" in page


def test_a_kept_line_follows_every_change_and_every_reader(
    manager: Browser, session: Session, clinic: Clinic, app: Flask
) -> None:
    kept = app.extensions["frame_lines"]
    appointment = clinic.book(soon(9, 15))
    assert "Amina Benali" in manager.page(url())
    rendered = kept.cache_info().misses
    assert "Amina Benali" in manager.page(url())
    assert kept.cache_info().misses == rendered
    with transaction(session):
        appointment.patient.display_name = "Amina <Haddad>"
    assert "Amina &lt;Haddad&gt;" in manager.page(url())
    assert "Cancel appointment" in manager.page(url())
    with transaction(session):
        cancel_appointment(
            session,
            appointment_id=appointment.id,
            expected_version=appointment.version,
            cancelled_by=CancelledBy.CLINIC,
            actor=TESTER,
            now=NOW,
        )
    assert "Cancel appointment" not in manager.page(url())
    assert "Cancelled" in manager.page(url())
    cashier = manager.sign_in(clinic.make.user(Role.CASHIER)).page(url())
    assert 'data-menu id="appointment-' not in cashier
