"""How many keys the daily tasks take, counted: what docs/keyboard.md says is what a person presses."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.clock import clinic_day, now
from tests.browser.conftest import TYPING_MS
from tests.browser.journey.conftest import Employ
from tests.factories import ZONE

pytestmark = pytest.mark.browser
DOCS = Path(__file__).parents[3] / "docs" / "keyboard.md"
CHART = re.compile(r"/patients/\d+$")
BACKGROUND_MS = 15_000


class Counted:
    """Hands on a keyboard: what is pressed is counted, the text typed is not; Ctrl and Shift count with their key."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=TYPING_MS)


def documented(task: str) -> int:
    """The number that the table in the docs gives for a task."""
    found = re.search(rf"^\| {re.escape(task)} \| \*\*(\d+)\*\*", DOCS.read_text(), re.M)
    assert found, f"docs/keyboard.md does not say how many keys it takes to {task}"
    return int(found[1])


def at_today(employ: Employ) -> Counted:
    page = employ("reception").page
    expect(page.locator("[data-live-state]")).to_have_text("Live", timeout=BACKGROUND_MS)
    return Counted(page)


def expect_somebody(page: Page, name: str) -> None:
    """Somebody new with an appointment today, as another desk books it: at any hour, in a room without hours."""
    page.goto("/patients/new")
    page.fill("#given_name", name)
    page.press("#given_name", "Enter")
    page.wait_for_url(CHART)
    today = clinic_day(now(), ZONE)
    page.goto(f"/appointments/new?patient_id={page.url.rpartition('/')[2]}&day={today}&time=23:30")
    form = page.locator("#booking-form")
    form.get_by_label("Payment").check()
    room = form.locator("#room_id option", has_text="Counter 1").get_attribute("value")
    form.locator("#room_id").select_option(room)
    form.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Booked")


def test_find_somebody_expected_and_check_them_in(employ: Employ) -> None:
    name = "Awaited"
    expect_somebody(employ("reception2").page, name)
    hands = at_today(employ)
    page = hands.page
    hands.press("f")
    expect(page.locator("#today-q")).to_be_focused()
    hands.type(name)
    expect(page.locator("#today")).to_have_attribute("data-typed", name)
    hands.press("ArrowDown")
    row = page.locator("#column-expected .row-link:focus")
    expect(row).to_have_text(name)
    hands.press("c")
    expect(page.locator("#column-waiting .ticket").filter(has_text=name)).to_be_visible()
    assert hands.keys <= documented("find somebody expected today and check them in") <= 8


def test_register_somebody_and_give_a_ticket(employ: Employ) -> None:
    hands = at_today(employ)
    page = hands.page
    hands.press("n")
    expect(page.locator("#family_name")).to_be_focused()
    hands.type("Counted")
    hands.press("Tab", "Tab")
    hands.type("14/3/82")
    hands.press("Tab", "f", "Tab")
    hands.type("06 12 99 88 55")
    hands.press("Control+Shift+Enter")
    expect(page.locator("#join-form")).to_contain_text("Counted")
    hands.press("Enter")
    expect(page.locator("#ticket .paper-number")).to_be_visible()
    assert hands.keys == documented("register somebody and give a ticket")
    assert hands.keys <= 12


def test_book_the_next_free_time_for_somebody_who_is_found(employ: Employ) -> None:
    hands = at_today(employ)
    page = hands.page
    find_nobody_booked(page)
    name, number = page.locator("h1").inner_text(), page.locator("#chart-header .mono").first.inner_text()
    page.goto("/today")
    hands.press("/")
    expect(page.locator("#global-q")).to_be_focused()
    hands.type(number)
    expect(page.locator("#quick-results .result")).to_contain_text(name)
    hands.press("ArrowDown", "Enter")
    page.wait_for_url(CHART)
    hands.press("b")
    expect(page.locator("#booking-form input[name=slot]:checked")).to_be_attached()
    hands.press("Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.locator("#toasts")).not_to_be_empty()
    assert hands.keys == documented("find somebody and book the next free time")
    assert hands.keys <= 10


def find_nobody_booked(page: Page) -> None:
    """Open the chart of somebody without an appointment: one more on the same day would ask why."""
    for patient in range(20, 60):
        page.goto(f"/appointments/patients/{patient}")
        if page.get_by_text("No appointment yet").count():
            page.goto(f"/patients/{patient}")
            return
    raise AssertionError("everybody has an appointment")


def test_call_the_next_one(employ: Employ) -> None:
    hands = at_today(employ)
    page = hands.page
    place = page.locator("#call-form [name=place] option", has_text="Room 1 · General practice")
    page.select_option("#call-form [name=place]", value=place.get_attribute("value"))
    called = page.locator("#today .ticket").filter(has_text="Called")
    before = called.count()
    page.locator("#page-title").focus()
    hands.press("l")
    expect(called).to_have_count(before + 1)
    assert hands.keys == documented("call the next one") == 1
