"""A practitioner of a test's own in the clinic that all browser tests share."""

import datetime as dt
import itertools
import re
import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from clinic import clock
from tests.browser.conftest import Visit
from tests.factories import ZONE

_numbers = itertools.count(1)
# The one day with hours in the two weeks for which people wait.
AHEAD = dt.timedelta(days=10)


@dataclass
class Practice:
    """A practitioner of a test's own with three quarters of an hour on one day, and who wants to come."""

    page: Page
    token: str
    number: int
    day: dt.date
    service_id: str
    practitioner_id: str

    @property
    def calendar(self) -> str:
        return f"/appointments?day={self.day}&who={self.practitioner_id}"

    def patient(self, given_name: str) -> str:
        """Somebody new; the path of their chart."""
        self.page.goto("/patients/new")
        self.page.fill("#given_name", given_name)
        self.page.fill("#family_name", f"Sample{self.number}")
        self.page.get_by_role("button", name="Register", exact=True).click()
        self.page.wait_for_url(re.compile(r"/patients/\d+$"))
        return "/" + self.page.url.split("/", 3)[3]

    def book(self, given_name: str, time: str) -> None:
        """As another desk books it."""
        self._book("/appointments", given_name, time)

    def book_series(self, given_name: str, time: str, weeks: int) -> None:
        """A series of as many weeks in a row."""
        every_week = {"every_weeks": "1", "ends": "count", "count": str(weeks)}
        self._book("/appointments/series", given_name, time, room_id="0", **every_week)

    def _book(self, address: str, given_name: str, time: str, **more: str) -> None:
        values = {
            "csrf_token": self.token,
            "idempotency_key": str(uuid.uuid4()),
            "patient_id": self.patient(given_name).rpartition("/")[2],
            "service_id": self.service_id,
            "practitioner_id": self.practitioner_id,
            "day": self.day.isoformat(),
            "time": time,
        }
        answer = self.page.request.post(address, form=values | more)
        assert answer.ok, answer.text()


@pytest.fixture
def practice(visit: Visit) -> Practice:
    number = next(_numbers)
    page = visit("/directory/departments/new", "manager")
    token = page.locator("[name=csrf_token]").first.input_value()
    day = clock.clinic_day(clock.now(), ZONE) + AHEAD

    def send(path: str, **values: str) -> None:
        form = {"csrf_token": token, "idempotency_key": str(uuid.uuid4()), "version": "0", **values}
        response = page.request.post(path, form=form)
        assert response.ok, f"{path} answered {response.status}: {response.text()}"

    send("/directory/departments", name=f"Practice {number}")
    page.goto("/queue")
    address = page.get_by_role("link", name=f"Practice {number}", exact=True).get_attribute("href") or ""
    department = address.rpartition("/")[2]
    service = {"ticket_prefix": f"Z{chr(64 + number)}", "duration_minutes": "15", "price": "25", "currency": "EUR"}
    # Named unlike the rooms of desks.py: both may be in one clinic.
    send(f"/directory/rooms?department={department}", name=f"Surgery {number}")
    send(f"/directory/services?department={department}", name=f"Check-up {number}", **service)
    send("/directory/practitioners", family_name=f"Keeper{number}", given_name="Ida", sex="female", is_active="y")
    page.goto("/directory/practitioners")
    person = page.get_by_role("link", name=f"Ida Keeper{number}").first.get_attribute("href") or ""
    practitioner_id = re.findall(r"\d+", person)[0]
    hours = {"seen": "", "valid_from": day.isoformat(), "slot_minutes": "15", "buffer_minutes": "0"}
    hours |= {f"intervals-{n}-{name}": "" for n in range(14) for name in ("starts", "ends", "room_id")}
    hours |= {f"intervals-{n}-weekday": str(n // 2) for n in range(14)} | {"shown": "intervals:14"}
    first = day.weekday() * 2
    hours |= {f"intervals-{first}-starts": "09:00", f"intervals-{first}-ends": "09:45"}
    page.goto(f"/appointments/schedules/practitioners/{practitioner_id}")
    # In a room of the department: whoever has none is offered for every service.
    room = page.locator(f"#intervals-{first}-room_id option", has_text=re.compile(rf"Surgery {number}\b"))
    hours[f"intervals-{first}-room_id"] = room.get_attribute("value") or ""
    hours["seen"] = page.locator("[name=seen]").input_value()
    send(f"/appointments/schedules/practitioners/{practitioner_id}", **hours)
    chart = Practice(page, token, number, day, "", practitioner_id).patient("First")
    page.goto(f"/appointments/new?patient_id={chart.rpartition('/')[2]}")
    service_id = page.get_by_label(f"Check-up {number}").first.input_value()
    return Practice(page, token, number, day, service_id, practitioner_id)
