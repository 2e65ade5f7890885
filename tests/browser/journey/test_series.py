"""A holiday is noted, and a series that meets it says so before anything is booked: all from the keyboard."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from clinic.clock import clinic_day, now
from tests.browser.journey.conftest import Employ
from tests.browser.journey.person import Person
from tests.factories import ZONE

pytestmark = pytest.mark.browser
PATIENT = 30


def first_free(person: Person, from_day: dt.date) -> dt.date:
    """Open booking for a patient from a day on; the day of the free time that is chosen."""
    person.page.goto(f"/appointments/new?patient_id={PATIENT}&from_day={from_day}")
    slot = person.page.locator("input[name=slot]:checked").get_attribute("value")
    assert slot
    return clinic_day(dt.datetime.fromisoformat(slot.split("|")[0]), ZONE)


def close_clinic(manager: Person, day: dt.date) -> None:
    manager.page.goto("/appointments/schedules")
    manager.look()
    manager.choose(manager.page.get_by_role("link", name="New holiday"))
    expect(manager.page.locator("#holiday-form #day")).to_be_focused()
    # Not as fast as a scanner.
    manager.page.locator("#holiday-form #day").fill(day.isoformat())
    manager.page.locator("#holiday-form #name").fill("Town fair")
    manager.press("Enter")
    expect(manager.page.locator("#holidays")).to_contain_text("Town fair")


def test_a_series_leaves_a_holiday_out(employ: Employ) -> None:
    reception = employ("reception")
    day = first_free(reception, clinic_day(now(), ZONE) + dt.timedelta(days=90))
    close_clinic(employ("manager"), day + dt.timedelta(days=7))

    page = reception.page
    reception.choose(page.get_by_role("button", name="Repeat"))
    expect(page.locator("#every_weeks")).to_be_focused()
    reception.reach(page.locator("#count"))
    reception.press("ControlOrMeta+a")
    reception.type("3")
    reception.press("Enter")
    expect(page.locator("#series-plan")).to_contain_text("1 of 3 dates is not free")
    expect(page.locator("#series-plan")).to_contain_text("The clinic is closed: Town fair.")
    reception.look()
    reception.choose(page.get_by_role("button", name="Book all free dates"))
    expect(page.locator("#toasts")).to_contain_text("2 appointments booked")

    page.goto(f"/appointments/patients/{PATIENT}")
    expect(page.locator("#appointments-history")).to_contain_text(str(day.year))
    reception.look()
    # The answer that showed the dates was a refusal, as the browser notes.
    reception.problems[:] = [problem for problem in reception.problems if "422" not in problem]
