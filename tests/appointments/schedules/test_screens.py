"""The manager's screens of schedules."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.schedules.models import Holiday, TimeOff, TimeOffKind, WorkingHours
from clinic.directory.models import Practitioner
from tests.appointments.conftest import Clinic
from tests.browser_client import Browser
from tests.factories import ZONE
from tests.query_count import count_queries

URL = "/appointments/schedules"
KEY = "k" * 24


@pytest.fixture
def today() -> dt.date:
    return clock.clinic_day(clock.now(), ZONE)


def week(seen: str, valid_from: dt.date, **first_day: str) -> dict[str, Any]:
    """The editor's form, with hours on Monday."""
    values: dict[str, Any] = {"seen": seen, "valid_from": valid_from.isoformat()}
    values |= {"slot_minutes": "20", "buffer_minutes": "5", "shown": "intervals:14"}
    for number in range(14):
        values |= {f"intervals-{number}-{name}": "" for name in ("starts", "ends", "room_id")}
        values |= {f"intervals-{number}-weekday": str(number // 2)}
    return values | {f"intervals-0-{name}": value for name, value in first_day.items()}


def seen_in(html: str) -> str:
    found = re.search(r'name="seen"[^>]* value="([^"]*)"', html)
    assert found
    return found[1]


def book_in_a_week(clinic: Clinic, today: dt.date) -> dt.date:
    """Ten o'clock, a week from today; returns the day."""
    day = today + dt.timedelta(days=7)
    clinic.book(clock.wall_time(day, dt.time(10), ZONE), now=clock.now())
    return day


def test_everybodys_hours_and_exceptions_are_on_one_page(manager: Browser, clinic: Clinic, today: dt.date) -> None:
    clinic.make.working_hours(clinic.practitioner, 0, 1, 2, ends="17:00")
    clinic.make.holiday(today, "Spring Day")
    clinic.make.time_off(TimeOffKind.LEAVE, today, practitioner_id=clinic.practitioner.id, reason="Training")
    page = manager.page(URL)
    assert re.search(r"Mon–Wed</span>\s*<span[^>]*>09:00–17:00", page)
    assert "Spring Day" in page
    assert "Training" in page


def test_the_page_costs_the_same_with_many_practitioners(manager: Browser, clinic: Clinic, session: Session) -> None:
    manager.get(URL)

    def cost() -> int:
        with count_queries(session) as queries:
            assert manager.get(URL).status_code == 200
        return len(queries)

    before = cost()
    for number in range(5):
        clinic.make.working_hours(clinic.make.practitioner(f"N{number}"), room=clinic.room)
    assert cost() == before


def test_a_week_is_written_and_shown_again(manager: Browser, clinic: Clinic, session: Session, today: dt.date) -> None:
    url = f"{URL}/practitioners/{clinic.practitioner.id}"
    seen = seen_in(manager.page(url))
    sent = week(seen, today, starts="08:30", ends="12:00", room_id=str(clinic.room.id))
    assert manager.post(url, sent).status_code == 303
    (hours,) = session.scalars(select(WorkingHours)).all()
    assert (hours.weekday, hours.starts, hours.ends, hours.room_id) == (0, dt.time(8, 30), dt.time(12), clinic.room.id)
    assert (hours.slot_minutes, hours.buffer_minutes, hours.valid_from) == (20, 5, today)
    page = manager.page(url)
    assert 'value="08:30"' in page
    assert manager.post(url, sent).status_code == 409  # the same form once more is no longer what stands there
    assert len(session.scalars(select(WorkingHours)).all()) == 1


def test_a_room_has_hours_by_itself(manager: Browser, clinic: Clinic, session: Session, today: dt.date) -> None:
    url = f"{URL}/rooms/{clinic.room.id}"
    manager.page(url)
    assert manager.post(url, week("", today, starts="07:30", ends="10:00")).status_code == 303
    (hours,) = session.scalars(select(WorkingHours)).all()
    assert (hours.practitioner_id, hours.room_id) == (None, clinic.room.id)


def test_monday_is_copied_without_saving(manager: Browser, clinic: Clinic, session: Session, today: dt.date) -> None:
    url = f"{URL}/practitioners/{clinic.practitioner.id}"
    copied = manager.htmx("POST", url, {**week("", today, starts="08:30", ends="12:00"), "copy": "1"})
    assert copied.status_code == 200
    assert copied.get_data(as_text=True).count('value="08:30"') == 5
    assert session.scalars(select(WorkingHours)).all() == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"starts": "08:30"}, "Monday: give both times"),
        ({"starts": "12:00", "ends": "08:30"}, "Monday: hours end after they begin"),
        ({"starts": "25:00", "ends": "26:00"}, "Type a time such as 9:15"),
    ],
)
def test_what_makes_no_sense_comes_back_as_typed(
    manager: Browser, clinic: Clinic, today: dt.date, typed: dict[str, str], message: str
) -> None:
    answer = manager.htmx("POST", f"{URL}/practitioners/{clinic.practitioner.id}", week("", today, **typed))
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert f'value="{typed["starts"]}"' in answer.get_data(as_text=True)


def test_a_stranding_week_is_shown_first_and_saved_on_request(
    manager: Browser, clinic: Clinic, session: Session, today: dt.date
) -> None:
    book_in_a_week(clinic, today)
    url = f"{URL}/practitioners/{clinic.practitioner.id}"
    sent = week("", today, starts="14:00", ends="17:00")
    asked = manager.htmx("POST", url, sent)
    assert asked.status_code == 422
    assert "1 booked appointment would fall outside" in asked.get_data(as_text=True)
    assert "Amina Benali" in asked.get_data(as_text=True)
    assert session.scalars(select(WorkingHours)).all() == []
    assert manager.post(url, {**sent, "confirm": "y"}).status_code == 303
    assert "1 booked appointment is outside the schedule" in manager.page(URL)
    listed = manager.page(f"{URL}/stranded")
    assert "This is outside the hours of Dr Lea Martin." in listed


def test_leave_is_added_once_shown_and_removed(
    manager: Browser, clinic: Clinic, session: Session, today: dt.date
) -> None:
    day = book_in_a_week(clinic, today)
    manager.page(f"{URL}/exceptions/leave/new")
    sent = {"idempotency_key": KEY, "practitioner_id": str(clinic.practitioner.id), "room_id": ""}
    sent |= {"starts_on": day.isoformat(), "ends_on": "", "reason": "Congress"}
    asked = manager.htmx("POST", f"{URL}/exceptions/leave", sent)
    assert asked.status_code == 422
    assert "Amina Benali" in asked.get_data(as_text=True)
    for _ in range(2):
        assert manager.post(f"{URL}/exceptions/leave", {**sent, "confirm": "y"}).status_code == 303
    (leave,) = session.scalars(select(TimeOff)).all()
    assert (leave.kind, leave.starts_on, leave.ends_on, leave.reason) == (TimeOffKind.LEAVE, day, day, "Congress")
    manager.page(f"{URL}/exceptions/{leave.id}/remove")
    assert manager.post(f"{URL}/exceptions/{leave.id}/remove").status_code == 303
    assert manager.post(f"{URL}/exceptions/{leave.id}/remove").status_code == 404
    assert session.scalars(select(TimeOff)).all() == []


@pytest.mark.parametrize(
    ("kind", "message"),
    [("leave", "Choose who is away"), ("closed", "Choose a room"), ("extra", "Give the hours")],
)
def test_an_exception_with_something_missing_is_refused(
    manager: Browser, clinic: Clinic, session: Session, today: dt.date, kind: str, message: str
) -> None:
    manager.page(f"{URL}/exceptions/{kind}/new")
    sent = {"idempotency_key": KEY, "practitioner_id": "", "room_id": "", "starts_on": today.isoformat()}
    if kind == "extra":
        sent["practitioner_id"] = str(clinic.practitioner.id)
    refused = manager.htmx("POST", f"{URL}/exceptions/{kind}", sent)
    assert refused.status_code == 422
    assert message in refused.get_data(as_text=True)
    assert session.scalars(select(TimeOff)).all() == []
    assert manager.get(f"{URL}/exceptions/nonsense/new").status_code == 404


def test_removing_extra_hours_that_are_booked_asks_first(
    manager: Browser, clinic: Clinic, session: Session, today: dt.date
) -> None:
    clinic.make.working_hours(clinic.practitioner, starts="17:00", ends="18:00")
    hours = {"starts": dt.time(9), "ends": dt.time(11)}
    day = today + dt.timedelta(days=7)
    extra = clinic.make.time_off(TimeOffKind.EXTRA, day, practitioner_id=clinic.practitioner.id, **hours)
    book_in_a_week(clinic, today)
    asked = manager.htmx("POST", f"{URL}/exceptions/{extra.id}/remove")
    assert asked.status_code == 422
    assert "Amina Benali" in asked.get_data(as_text=True)
    assert manager.post(f"{URL}/exceptions/{extra.id}/remove", {"confirm": "y"}).status_code == 303
    assert session.scalars(select(TimeOff)).all() == []


def test_a_holiday_is_added_and_removed(manager: Browser, session: Session, today: dt.date) -> None:
    manager.page(f"{URL}/exceptions/holidays/new")
    sent = {"idempotency_key": KEY, "day": today.isoformat(), "name": "Town fair"}
    assert manager.post(f"{URL}/exceptions/holidays", sent).status_code == 303
    assert manager.post(f"{URL}/exceptions/holidays", sent).status_code == 303
    (holiday,) = session.scalars(select(Holiday)).all()
    again = manager.htmx("POST", f"{URL}/exceptions/holidays", {**sent, "idempotency_key": "n" * 24})
    assert again.status_code == 422
    assert "holiday already" in again.get_data(as_text=True)
    manager.page(f"{URL}/exceptions/holidays/{holiday.id}/remove")
    assert manager.post(f"{URL}/exceptions/holidays/{holiday.id}/remove").status_code == 303
    assert session.scalars(select(Holiday)).all() == []


def test_schedules_are_the_managers(receptionist: Browser, clinic: Clinic) -> None:
    for path in ("", "/stranded", f"/practitioners/{clinic.practitioner.id}", "/exceptions/leave/new"):
        assert receptionist.get(URL + path).status_code == 403
    for path in (f"/practitioners/{clinic.practitioner.id}", "/exceptions/leave", "/exceptions/holidays"):
        assert receptionist.post(URL + path, {}).status_code == 403


def test_what_is_not_there_is_not_found(manager: Browser, clinic: Clinic, session: Session) -> None:
    assert session.get(Practitioner, 0) is None
    for path in ("/practitioners/0", "/rooms/0", "/nobody/1", "/exceptions/0/remove", "/exceptions/holidays/0/remove"):
        assert manager.get(URL + path).status_code == 404
