"""Dialogs in a real browser, on the directory: loaded, corrected, sent once, closed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser


def open_new_department(page: Page) -> None:
    page.get_by_role("link", name="New department").first.click()
    expect(page.locator("#shared-dialog")).to_be_visible()


def test_a_dialog_starts_at_its_first_field_and_gives_the_focus_back(visit: Visit) -> None:
    page = visit("/directory", "manager")
    open_new_department(page)
    expect(page.locator("#shared-dialog #name")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="New department").first).to_be_focused()


def test_a_refused_dialog_stays_and_starts_at_what_is_wrong(visit: Visit) -> None:
    page = visit("/directory", "manager")
    open_new_department(page)
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog .alert[data-autofocus]")).to_be_focused()
    expect(page.locator("#shared-dialog #name")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)


def test_a_form_is_sent_once_however_often_it_is_clicked(visit: Visit) -> None:
    page = visit("/directory", "manager")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    open_new_department(page)
    page.fill("#shared-dialog #name", "Dermatology")
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('#place-form button[type=submit]').click()")
    expect(page.get_by_role("heading", name="Dermatology")).to_be_visible()
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    assert len(sent) == 1
    expect(page.locator("body :focus")).to_have_count(1)


def test_without_script_the_dialog_is_a_page(visit: Visit) -> None:
    page = visit("/directory", "manager", java_script_enabled=False)
    page.get_by_role("link", name="New department").first.click()
    expect(page.locator("h1")).to_be_visible()
    page.fill("#name", "Radiology")
    page.locator("#place-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="Radiology")).to_be_visible()


def test_on_the_page_of_a_dialog_a_refused_form_comes_back_in_its_place(visit: Visit) -> None:
    page = visit("/queue/displays/new", "manager")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main .alert[data-autofocus]")).to_be_focused()
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.locator("#display-form")).to_have_count(1)


def test_the_page_of_a_dialog_is_left_when_its_form_was_saved(visit: Visit) -> None:
    page = visit("/notes/new")
    page.locator("main #text").fill("The lift is out of order")
    page.get_by_role("button", name="Save the note").click()
    page.wait_for_url("**/notes")
