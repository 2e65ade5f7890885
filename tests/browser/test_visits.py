"""A visit in a real browser, by keyboard: check in, call, finish, check out; and the end of a day."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_accessible
from tests.browser.desks import Desk, desk
from tests.factories import ZONE

pytestmark = pytest.mark.browser
__all__ = ["desk"]


def register(page: Page, name: str) -> str:
    """A new patient's chart; returns their number."""
    page.goto("/patients/new")
    page.locator("#given_name").fill(name)
    page.locator("#given_name").press("Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    return page.url.rpartition("/")[2]


def book_today(page: Page, desk: Desk, patient: str, time: str) -> None:
    today = dt.datetime.now(ZONE).date()
    page.goto(f"/appointments/new?patient_id={patient}&day={today}&time={time}")
    form = page.locator("#booking-form")
    form.locator(f"[name=service_id][value='{desk.service}']").check()
    room = form.locator("#room_id option", has_text=re.compile(rf"{desk.room}\b")).get_attribute("value")
    form.locator("#room_id").select_option(room)
    form.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Booked")


def check_in(page: Page, patient: str) -> str:
    """By keyboard from the chart, with what the dialog offers; returns the ticket."""
    page.goto(f"/patients/{patient}")
    page.keyboard.press("c")
    expect(page.locator("#join-form input:checked").first).to_be_focused()
    page.keyboard.press("Enter")
    ticket = page.locator("#shared-dialog .paper-number").inner_text()
    expect(page.get_by_role("link", name="Done", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    return ticket


def test_from_check_in_to_check_out_by_keyboard_only(visit: Visit, desk: Desk) -> None:
    page, calendar = visit("/"), visit("/appointments", java_script_enabled=False)

    def at_the_calendar(state: str) -> None:
        calendar.reload()
        expect(calendar.locator(".sheet-row", has_text="Wanda")).to_contain_text(state)

    patient = register(page, "Wanda")
    book_today(page, desk, patient, "23:30")
    at_the_calendar("Booked")
    ticket = check_in(page, patient)
    at_the_calendar("Arrived")

    page.goto(desk.board)
    page.keyboard.press("c")
    expect(page.locator("#column-called .ticket-number")).to_have_text([ticket])
    page.locator("#page-title").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("s")
    expect(page.locator("#column-in_service .ticket-number")).to_be_focused()
    at_the_calendar("In progress")
    page.keyboard.press("f")
    expect(page.locator("#closed")).to_contain_text("Done today")
    at_the_calendar("Fulfilled")

    page.keyboard.press("k")
    payment = page.locator("#check-out-form [name=settlement]").first
    expect(payment).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("p")
    page.keyboard.press("Tab")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Checked out")
    expect(page.locator("#shared-dialog")).not_to_be_visible()

    page.goto(f"/visits/patients/{patient}")
    expect(page.locator("#visit-history")).to_contain_text("Checked out")


def test_a_chart_follows_the_board_and_ends_the_visit(visit: Visit, desk: Desk) -> None:
    page = visit("/")
    patient = register(page, "Xenia")
    check_in(page, patient)
    page.goto(f"/visits/patients/{patient}")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    assert_accessible(page)
    other = visit(f"/visits/patients/{patient}")
    other.get_by_role("button", name="Left without being seen").click()
    expect(other.locator("#visit-history .badge").first).to_have_text("Left without being seen")
    expect(page.locator("#visit-history .badge").first).to_have_text("Left without being seen")
    page.locator("#visit-history details").evaluate("visit => (visit.open = true)")
    page.get_by_role("button", name="Bring back").click()
    expect(page.locator("#visit-history .badge").first).to_have_text("Waiting")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_day_ends_with_one_question(visit: Visit, desk: Desk, colours: str) -> None:
    page = visit("/")
    patient = register(page, "Yvo")
    book_today(page, desk, patient, "00:00")
    ticket = desk.give()
    device = {"viewport": {"width": 390, "height": 844}} if colours == "dark" else {}
    page = visit("/queue/closing", color_scheme=colours, **device)
    expect(page.locator("#day-end")).to_contain_text(ticket)
    expect(page.locator("#open-appointments-list")).to_contain_text("Yvo")
    assert_accessible(page)
    page.locator("[data-row]", has_text=ticket).get_by_role("button", name="Left").click()
    expect(page.locator("#day-end")).not_to_contain_text(ticket)
    page.keyboard.press("c")
    # Other tests may have left appointments of today open too.
    expect(page.locator("#close-all-form")).to_contain_text(re.compile("(person has|people have) not come"))
    assert_accessible(page)
    # By day, one more ticket is reason enough to be asked.
    waiting = desk.give()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator("#close-all-form").get_by_role("button", name="Close all").press("Enter")
    expect(page.locator("#close-all-form .field-error")).to_be_visible()
    page.get_by_label("Close all the same").check()
    assert_accessible(page)
    page.locator("#close-all-form").get_by_role("button", name="Close all").press("Enter")
    expect(page.get_by_role("heading", name="Nothing is open")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("u")
    expect(page.locator("#day-end")).to_contain_text(waiting)
    page.goto("/queue/closing/all")
    page.get_by_label("Close all the same").check()
    page.get_by_role("button", name="Close all").press("Enter")
    expect(page.get_by_role("heading", name="Nothing is open")).to_be_visible()
    page.goto("/visits")
    assert_accessible(page)
