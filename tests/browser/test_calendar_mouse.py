"""The calendar by real movements of a mouse: longer, shorter, elsewhere, and one of a series."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, assert_accessible
from tests.browser.practices import Practice, practice

__all__ = ["practice"]

pytestmark = pytest.mark.browser
# How high ten minutes are drawn.
TEN_MINUTES = 17
EVENT = ".ec-event.is-booked"


def dialog(page: Page) -> Locator:
    return page.locator("#shared-dialog")


def drag(page: Page, minutes: int, *, edge: bool = False) -> None:
    """Take the appointment, or its lower edge, and let it go so many minutes later."""
    # Only then nothing is read again that would draw it anew under the hand.
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(page.locator(EVENT)).to_be_visible()
    box = page.evaluate("each => document.querySelector(each).getBoundingClientRect().toJSON()", EVENT)
    x, y = box["x"] + box["width"] / 2, box["bottom"] - 2 if edge else box["y"] + 5
    down = minutes * TEN_MINUTES / 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + down / 2, steps=4)
    page.mouse.move(x, y + down, steps=4)
    page.mouse.up()


def times(page: Page) -> Locator:
    return page.locator("#day-sheet .sheet-time")


def test_an_appointment_is_made_longer_by_its_lower_edge_and_put_back(visit: Visit, practice: Practice) -> None:
    practice.book("Ada", "9:00")
    page = visit(practice.calendar)
    event = page.locator(EVENT)
    drag(page, 15, edge=True)
    expect(dialog(page)).to_contain_text("Becomes")
    expect(dialog(page)).to_contain_text("09:00–09:30")
    expect(dialog(page).locator("#minutes")).to_have_value("30")
    page.keyboard.press("Escape")
    expect(event.locator(".calendar-event-line")).to_have_attribute("title", re.compile("09:00–09:15"))
    expect(times(page)).to_have_text([re.compile("09:00.*09:15", re.S)])

    drag(page, 15, edge=True)
    expect(dialog(page).locator("#minutes")).to_have_value("30")
    dialog(page).get_by_role("button", name="Move").click()
    expect(page.locator("#toasts")).to_contain_text("Moved")
    expect(times(page)).to_have_text([re.compile("09:00.*09:30", re.S)])
    expect(event).to_contain_text("09:00–09:30")
    page.get_by_role("button", name="Undo").click()
    expect(times(page)).to_have_text([re.compile("09:00.*09:15", re.S)])


def test_a_drag_asks_first_and_leaves_everything_when_it_is_not_meant(visit: Visit, practice: Practice) -> None:
    practice.book("Ada", "9:00")
    page = visit(practice.calendar)
    drag(page, 30)
    expect(dialog(page)).to_contain_text("Becomes")
    expect(dialog(page).locator("#time")).to_have_value("09:30")
    page.keyboard.press("Escape")
    expect(page.locator(EVENT)).to_contain_text("Ada")
    expect(page.locator("#day-sheet .sheet-time").first).to_contain_text("09:00")


def calendar_of(practice: Practice, weeks: int) -> str:
    return f"/appointments?day={practice.day + dt.timedelta(weeks=weeks)}&who={practice.practitioner_id}"


@pytest.mark.parametrize(
    ("scope", "begins"),
    [("one", ["09:00", "09:20", "09:00"]), ("following", ["09:00", "09:20", "09:20"]), ("all", ["09:20"] * 3)],
)
def test_one_of_a_series_is_dragged_alone_with_the_following_or_with_all(
    visit: Visit, practice: Practice, scope: str, begins: list[str]
) -> None:
    practice.book_series("Sam", "9:00", weeks=3)
    page = visit(calendar_of(practice, 1))
    event = page.locator(EVENT)
    drag(page, 20)
    expect(dialog(page)).to_contain_text("Becomes")
    expect(dialog(page).locator("#time")).to_have_value("09:20")
    if scope == "one":
        dialog(page).get_by_role("button", name="Move this one").click()
    else:
        dialog(page).get_by_role("button", name="Move the series…").click()
        expect(dialog(page).locator("#series-form #time")).to_have_value("09:20")
        dialog(page).get_by_label("All to come" if scope == "all" else "This and the following").check()
        assert_accessible(page)
        dialog(page).get_by_role("button", name="Change the series").click()
    expect(page.locator("#toasts")).to_contain_text("oved")
    expect(event.locator(".calendar-event-line")).to_have_attribute("title", re.compile("09:20–09:35"))
    # A message stays while somebody points at it.
    page.get_by_role("button", name="Undo").hover()
    for weeks, begin in enumerate(begins):
        other = visit(calendar_of(practice, weeks))
        expect(times(other)).to_have_text([re.compile(begin)])
        other.close()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("undone" if scope == "one" else "put back")
    for weeks in range(len(begins)):
        page.goto(calendar_of(practice, weeks))
        expect(times(page)).to_have_text([re.compile("09:00")])
