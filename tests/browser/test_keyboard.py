"""The keyboard, a barcode scanner and live pages in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def add_department(page: Page, name: str) -> None:
    page.get_by_role("link", name="New department").first.click()
    page.fill("#shared-dialog #name", name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_arrows_home_and_end_move_through_rows_and_enter_opens(visit: Visit) -> None:
    page = visit("/audit", "manager")
    rows = page.locator("#main .row-link")
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
    target = rows.first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


def test_slash_goes_to_the_search_and_typing_there_presses_no_key(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    page.keyboard.press("/")
    expect(page.locator("#global-q")).to_be_focused()
    page.keyboard.type("tn?", delay=100)
    expect(page.locator("#global-q")).to_have_value("tn?")
    expect(page.locator("#key-map")).not_to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#global-q")).to_have_value("")


def test_a_scanner_needs_no_focus_and_presses_no_key(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    page.keyboard.type("NT000123-4\n")
    page.wait_for_url(lambda url: "/patients" in url and "/patients/new" not in url)
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_n_starts_a_new_patient(visit: Visit) -> None:
    page = visit("/auth/sessions")
    page.keyboard.press("n")
    page.wait_for_url("**/patients/new")


def test_a_change_appears_on_another_screen_and_leaves_its_focus_alone(visit: Visit) -> None:
    watching = visit("/directory", "manager")
    add_department(watching, "Physiotherapy")
    expect(watching.locator("[data-live-state]")).to_have_text("Live")
    button = watching.get_by_role("button", name="Take Physiotherapy out of use")
    button.focus()
    add_department(visit("/directory", "manager"), "Dietetics")
    expect(watching.get_by_role("heading", name="Dietetics")).to_be_visible()
    expect(button).to_be_focused()


def test_focus_survives_the_swap_of_the_list_it_is_in(visit: Visit) -> None:
    page = visit("/directory", "manager")
    add_department(page, "Cardiology")
    page.get_by_role("button", name="Take Cardiology out of use").press("Enter")
    expect(page.get_by_role("button", name="Use Cardiology again")).to_be_focused()


def test_a_lost_connection_is_said_in_words_and_heals(visit: Visit) -> None:
    page = visit("/directory", "manager")
    # Going offline is simulated for pages, not for their shared worker.
    page.add_init_script("delete globalThis.SharedWorker")
    page.reload()
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("Live")
    page.context.set_offline(True)
    expect(state).to_have_text("Not live", timeout=15_000)
    expect(page.locator("#toasts")).to_contain_text("Live updates are lost")
    page.context.set_offline(False)
    expect(state).to_have_text("Live", timeout=40_000)
