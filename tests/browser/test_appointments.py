"""Booking and the calendar in a real browser: by keyboard, by drag, without script, and a freed time for who waits."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import TYPING_MS, Visit, assert_accessible
from tests.browser.journey.person import SETTLED
from tests.browser.practices import Practice, practice

__all__ = ["practice"]

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def reach(page: Page, target: Locator) -> None:
    """Tab until the target has the focus, as somebody without a mouse does."""
    target.wait_for()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never reaches it")


def look(page: Page) -> None:
    """Nothing is wrong in light, dark, or on a phone, where nothing is cut off."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        assert_accessible(page)
    wide = page.viewport_size
    page.set_viewport_size(PHONE)
    page.evaluate(SETTLED)
    assert_accessible(page)
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert sizes[0] <= sizes[1]
    if wide:
        page.set_viewport_size(wide)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def dialog(page: Page) -> Locator:
    return page.locator("#shared-dialog")


def test_book_move_cancel_and_give_the_freed_time_to_who_waits_by_keyboard(visit: Visit, practice: Practice) -> None:
    ada, eve = practice.patient("Ada"), practice.patient("Eve")
    page = visit(ada)

    # The next free time at a chart: its key, the service, Enter.
    press(page, "b")
    service = page.get_by_label(f"Check-up {practice.number}")
    expect(dialog(page).locator("[name=service_id]:checked")).to_be_focused()
    for _ in range(20):
        if service.is_checked():
            break
        press(page, "ArrowDown")
    expect(dialog(page).locator(".slot strong").first).to_have_text("09:00")
    look(page)
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Booked")
    expect(dialog(page)).not_to_be_visible()

    # Moved in the calendar: to it, onto the appointment, ten minutes down, and the dialog says what that means.
    practice.book("Bob", "9:15")
    page.goto(practice.calendar)
    expect(page.locator(".ec-event.is-booked")).to_have_count(2)
    look(page)
    press(page, "s")
    cursor = page.locator(".calendar-cursor")
    expect(cursor).to_be_focused()
    expect(cursor).to_have_attribute("aria-label", re.compile("09:00.*Ada"))
    press(page, "Alt+ArrowDown")
    expect(dialog(page)).to_contain_text("Becomes")
    expect(dialog(page)).to_contain_text("This time is not free")
    look(page)
    time = dialog(page).locator("#time")
    expect(time).to_be_focused()
    press(page, "Control+A")
    page.keyboard.type("9.30")
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Moved")
    expect(page.locator("#day-sheet .sheet-time")).to_have_text([re.compile("09:15"), re.compile("09:30")])
    press(page, "u")
    expect(page.locator("#day-sheet .sheet-time")).to_have_text([re.compile("09:00"), re.compile("09:15")])
    practice.book("Cid", "9:30")

    # Eve waits: no time is free, so nobody is named.
    page.goto(eve.replace("/patients/", "/appointments/patients/"))
    press(page, "w")
    expect(dialog(page).locator("[name=service_id]:checked")).to_be_focused()
    for _ in range(20):
        if service.is_checked():
            break
        press(page, "ArrowDown")
    look(page)
    press(page, "Enter")
    expect(page.locator("#appointments-waiting")).to_contain_text(f"Check-up {practice.number}")
    page.goto(practice.calendar)
    expect(page.locator("#openings")).to_be_attached()
    expect(page.locator("#openings")).not_to_contain_text(f"Eve Sample{practice.number}")

    # Cancelled on the sheet: the moment the time is free she is named; one key holds it, one more books it.
    press(page, "ArrowDown")
    expect(page.locator("#day-sheet .row-link").first).to_be_focused()
    press(page, "x")
    expect(dialog(page).locator("[name=cancelled_by]:checked")).to_be_focused()
    look(page)
    press(page, "Enter")
    opening = page.locator(".opening", has_text=f"Eve Sample{practice.number}")
    expect(opening).to_contain_text("09:00")
    look(page)
    reach(page, opening.get_by_role("button", name="Hold"))
    press(page, "Enter")
    expect(page.locator(".ec-event.is-held")).to_contain_text("Held until")
    reach(page, opening.get_by_role("button", name="Book"))
    press(page, "Enter")
    expect(page.locator("#day-sheet")).to_contain_text(f"Eve Sample{practice.number}")
    expect(page.locator(".ec-event.is-held")).to_have_count(0)


def test_booking_the_next_free_time_takes_few_keys(visit: Visit, practice: Practice) -> None:
    page = visit(practice.patient("Ada"))
    press(page, "b")
    expect(dialog(page).locator("[name=service_id]:checked")).to_be_focused()
    page.get_by_label(f"Check-up {practice.number}").check()
    expect(dialog(page).locator(".slot strong").first).to_have_text("09:00")
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Booked")
    # Now it is the usual one: a key for the dialog and one to book.
    page.goto(practice.patient("Bob"))
    press(page, "b")
    expect(page.get_by_label(f"Check-up {practice.number}")).to_be_focused()
    expect(dialog(page).locator(".slot strong").first).to_have_text("09:15")
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Booked")


def test_a_free_time_of_the_calendar_is_booked_in_three_steps(visit: Visit, practice: Practice) -> None:
    practice.patient("Zoltan")
    page = visit(practice.calendar)
    expect(page.locator(".ec-bg-event, .ec-body .ec-day").first).to_be_attached()
    press(page, "s")
    expect(page.locator(".calendar-cursor")).to_be_focused()
    press(page, "Enter")
    expect(dialog(page).locator("#booking-q")).to_be_focused()
    page.keyboard.type(f"zoltan sample{practice.number}", delay=TYPING_MS)
    expect(page.locator("#booking-patients .result")).to_have_count(1)
    look(page)
    press(page, "ArrowDown", "Enter")
    expect(dialog(page).locator("#time")).to_have_value("09:00")
    page.get_by_label(f"Check-up {practice.number}").check()
    press(page, "Enter")
    expect(page.locator(".ec-event.is-booked")).to_contain_text("Zoltan")


def test_another_desk_sees_it_at_once(visit: Visit, practice: Practice) -> None:
    page = visit(practice.calendar)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    practice.book("Ada", "9:00")
    expect(page.locator(".ec-event.is-booked")).to_contain_text("Ada")
    expect(page.locator("#day-sheet")).to_contain_text("Ada")


def test_without_script_the_sheet_and_the_forms_do_it_all(visit: Visit, practice: Practice) -> None:
    chart = practice.patient("Ada")
    page = visit(chart, java_script_enabled=False)
    page.get_by_role("link", name="Book", exact=False).first.click()
    page.get_by_label(f"Check-up {practice.number}").check()
    page.get_by_role("button", name="Show times").click()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("#appointment-details")).to_contain_text("09:00 – 09:15")
    page.goto(practice.calendar)
    page.get_by_role("link", name=f"Ada Sample{practice.number}").click()
    page.get_by_role("link", name="Move").click()
    page.fill("#time", "9:30")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#appointment-details")).to_contain_text("09:30 – 09:45")


def test_the_printed_sheet_is_the_list_alone(visit: Visit, practice: Practice) -> None:
    practice.book("Ada", "9:00")
    page = visit(practice.calendar)
    expect(page.locator(".ec-event.is-booked")).to_have_count(1)
    page.emulate_media(media="print")
    expect(page.locator("#day-sheet")).to_be_visible()
    expect(page.locator("#calendar")).not_to_be_visible()
    expect(page.locator("#openings")).not_to_be_visible()
    expect(page.locator("#day-sheet .menu").first).not_to_be_visible()
