"""Series on the screen: begun in the booking form, looked at date by date, changed and cancelled."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment, AppointmentSeries, State
from tests.appointments.conftest import Clinic
from tests.browser_client import Browser
from tests.factories import ZONE

URL = "/appointments/series"
WEEK = dt.timedelta(weeks=1)


@pytest.fixture
def first_day() -> dt.date:
    return clock.clinic_day(clock.now(), ZONE) + dt.timedelta(days=3)


def form(clinic: Clinic, first_day: dt.date, **values: Any) -> dict[str, Any]:
    given = {"patient_id": clinic.patient.id, "service_id": clinic.service.id, "every_weeks": 1, "ends": "count"}
    given |= {"count": 3, "day": first_day.isoformat(), "time": "10:00", "minutes": "", "until": "", "note": ""}
    given |= {"practitioner_id": clinic.practitioner.id, "room_id": clinic.room.id, "idempotency_key": "k" * 24}
    return {**given, **values}


def make_series(receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date) -> list[Appointment]:
    assert receptionist.post(URL, form(clinic, first_day)).status_code == 303
    return booked(session)


def booked(session: Session) -> list[Appointment]:
    return list(session.scalars(select(Appointment).order_by(Appointment.starts_at)))


def change(one: Appointment, clinic: Clinic, **values: Any) -> dict[str, Any]:
    given = {"appointment_id": one.id, "version": one.version, "scope": "following", "time": "14:00", "minutes": "15"}
    given |= {"is_seen": ""}
    given |= {"day": one.day.isoformat(), "practitioner_id": clinic.practitioner.id, "room_id": clinic.room.id}
    return {**given, **values}


def test_a_series_begins_with_what_stood_in_the_booking_form(
    receptionist: Browser, clinic: Clinic, first_day: dt.date
) -> None:
    typed = receptionist.htmx("POST", f"{URL}/new", form(clinic, first_day, time="9:15")).get_data(as_text=True)
    assert 'value="9:15"' in typed
    starts_at = clock.wall_time(first_day, dt.time(16, 20), ZONE)
    slot = f"{starts_at.isoformat()}|{(starts_at + dt.timedelta(minutes=15)).isoformat()}|{clinic.practitioner.id}|0"
    free = {"patient_id": clinic.patient.id, "service_id": clinic.service.id, "slot": slot, "practitioner_id": "0"}
    chosen = receptionist.htmx("POST", f"{URL}/new", free).get_data(as_text=True)
    assert 'value="16:20"' in chosen
    assert f'selected value="{clinic.practitioner.id}">Dr Lea Martin' in chosen
    assert "is-invalid" not in chosen


def test_all_dates_are_booked_at_once_when_all_are_free(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    assert [one.day for one in members] == [first_day, first_day + WEEK, first_day + 2 * WEEK]
    make_series(receptionist, clinic, session, first_day)
    assert len(session.scalars(select(AppointmentSeries)).all()) == 1


def test_dates_that_are_not_free_are_shown_before_anything_is_booked(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    clinic.make.holiday(first_day + WEEK, "Town fair")
    asked = receptionist.htmx("POST", URL, form(clinic, first_day))
    text = asked.get_data(as_text=True)
    assert asked.status_code == 422
    assert "1 of 3 dates is not free" in text
    assert "The clinic is closed: Town fair." in text
    assert f'name="leave_out" value="{(first_day + WEEK).isoformat()}" checked' in text
    assert booked(session) == []
    insisted = receptionist.htmx("POST", URL, form(clinic, first_day, is_seen="1"))
    assert insisted.status_code == 422
    left = form(clinic, first_day, is_seen="1", leave_out=(first_day + WEEK).isoformat())
    assert receptionist.htmx("POST", URL, left).status_code == 200
    assert [one.day for one in booked(session)] == [first_day, first_day + 2 * WEEK]


def test_only_who_may_double_book_books_a_taken_date(
    receptionist: Browser, manager: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    clinic.book(clock.wall_time(first_day, dt.time(10), ZONE), patient=clinic.make.patient("Luc"), now=clock.now())
    sent = form(clinic, first_day, double_booking_reason="Short ones", is_seen="1")
    assert manager.sign_in(clinic.make.user()).htmx("POST", URL, sent).status_code == 422
    assert len(booked(session)) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": "1"}, "Number must be between 2 and 60"),
        ({"every_weeks": ""}, "Give a number of weeks"),
        ({"ends": "until"}, "Say how often, or until when"),
        ({"ends": "until", "until": "2020-01-01"}, "Nothing would repeat"),
        ({"time": "26:00"}, "Type a time"),
        ({"practitioner_id": "0", "room_id": "0"}, "Choose a practitioner or a room"),
    ],
)
def test_a_rule_that_makes_no_sense_comes_back(
    receptionist: Browser,
    clinic: Clinic,
    session: Session,
    first_day: dt.date,
    values: dict[str, str],
    message: str,
) -> None:
    refused = receptionist.htmx("POST", URL, form(clinic, first_day, **values))
    assert refused.status_code == 422
    assert message in refused.get_data(as_text=True)
    assert booked(session) == []


def test_a_series_is_shown_with_its_dates_and_its_changes(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    series_id = members[0].series_id
    page = receptionist.page(f"{URL}/{series_id}?appointment_id={members[1].id}")
    assert page.count('class="row-link"') == 3
    assert "Every week on" in page
    receptionist.page(f"{URL}/{series_id}/move?appointment_id={members[1].id}")
    receptionist.page(f"{URL}/{series_id}/cancel")
    details = receptionist.page(f"/appointments/{members[1].id}")
    assert f"{URL}/{series_id}?appointment_id={members[1].id}" in details


def test_this_and_the_following_are_moved(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    url = f"{URL}/{members[0].series_id}/move"
    sent = change(members[1], clinic)
    assert receptionist.htmx("POST", url, sent).status_code == 200
    times = [one.starts_at.astimezone(ZONE).hour for one in booked(session)]
    assert times == [10, 14, 14]
    assert receptionist.htmx("POST", url, sent).status_code in (404, 409)  # the same form again
    assert [one.starts_at.astimezone(ZONE).hour for one in booked(session)] == times


def test_where_one_of_a_series_would_go_is_taken_over_for_the_series(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    _first, second, third = make_series(receptionist, clinic, session, first_day)
    asked = receptionist.htmx("GET", f"/appointments/{second.id}/move?time=14:00").get_data(as_text=True)
    begin = f"{URL}/{second.series_id}/move/new?appointment_id={second.id}"
    assert begin in asked
    sent = {name: value for name, value in change(second, clinic).items() if name not in ("appointment_id", "scope")}
    begun = receptionist.htmx("POST", begin, sent).get_data(as_text=True)
    shown = f'name="appointment_id" type="hidden" value="{second.id}"'
    for text in ('value="14:00"', "This and the following", "All to come", shown):
        assert text in begun
    assert "is-invalid" not in begun
    assert third.starts_at.astimezone(ZONE).hour == 10
    assert receptionist.post(f"{URL}/{second.series_id}/move/new?appointment_id=0", sent).status_code == 404


def test_a_change_that_meets_something_is_shown_first(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    clinic.make.working_hours(clinic.practitioner, starts="09:00", ends="12:00")
    url, sent = f"{URL}/{members[0].series_id}/move", change(members[0], clinic, scope="all")
    asked = receptionist.htmx("POST", url, sent)
    assert asked.status_code == 422
    assert "3 of 3 dates are not free" in asked.get_data(as_text=True)
    assert "outside the hours of Dr Lea Martin" in asked.get_data(as_text=True)
    assert [one.version for one in booked(session)] == [1, 1, 1]
    assert receptionist.htmx("POST", url, change(members[0], clinic, time="soon")).status_code == 422


def test_a_series_is_cancelled_from_one_on(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    url = f"{URL}/{members[0].series_id}/cancel"
    sent = {
        "appointment_id": members[1].id,
        "version": 1,
        "scope": "following",
        "cancelled_by": "patient",
        "reason": "",
    }
    assert receptionist.htmx("POST", url, {**sent, "cancelled_by": "nobody"}).status_code == 422
    assert receptionist.htmx("POST", url, {**sent, "reason": "Moves away"}).status_code == 200
    assert [one.state for one in booked(session)] == [State.BOOKED, State.CANCELLED, State.CANCELLED]
    assert receptionist.htmx("POST", url, sent).status_code == 409


def test_what_was_done_to_a_series_is_undone_from_the_toast(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    times = [one.starts_at for one in booked(session)]
    moved = receptionist.htmx("POST", f"{URL}/{members[0].series_id}/move", change(members[0], clinic, scope="all"))
    way_back = re.search(r'action="([^"]+/undo)"', moved.get_data(as_text=True))
    assert way_back
    assert [one.starts_at for one in booked(session)] != times
    assert "3 appointments put back" in receptionist.htmx("POST", way_back[1], {}).get_data(as_text=True)
    assert [one.starts_at for one in booked(session)] == times
    assert receptionist.htmx("POST", way_back[1], {}).status_code == 409


def test_a_dialog_left_open_while_somebody_moved_all_shows_how_it_stands_now(
    receptionist: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    members = make_series(receptionist, clinic, session, first_day)
    url = f"{URL}/{members[0].series_id}"
    stale = change(members[0], clinic, scope="all", time="15:00")
    assert receptionist.htmx("POST", f"{url}/move", change(members[0], clinic, scope="all")).status_code == 200
    late = receptionist.htmx("POST", f"{url}/move", stale)
    assert late.status_code == 409
    assert "Somebody changed this appointment meanwhile" in late.get_data(as_text=True)
    sent = {"appointment_id": members[1].id, "version": 1, "scope": "all", "cancelled_by": "patient", "reason": ""}
    assert receptionist.htmx("POST", f"{url}/cancel", sent).status_code == 409
    assert receptionist.get(url).status_code == 200


def test_series_are_not_the_cashiers_to_change(
    cashier: Browser, clinic: Clinic, session: Session, first_day: dt.date
) -> None:
    assert cashier.post(URL, form(clinic, first_day)).status_code == 403
    assert cashier.post(f"{URL}/new", form(clinic, first_day)).status_code == 403
    assert cashier.post(f"{URL}/1/move", {}).status_code == 403
    assert cashier.post(f"{URL}/1/move/new", {}).status_code == 403
    assert cashier.post(f"{URL}/1/cancel", {}).status_code == 403
    assert cashier.post(f"{URL}/steps/1/undo", {}).status_code == 403
    assert cashier.get(f"{URL}/1").status_code == 404
