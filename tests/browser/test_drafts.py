"""A half-filled form survives an expired session, in a real browser."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pysqlite3 import dbapi2 as sqlite

from tests.browser.conftest import PASSWORD, Visit, assert_accessible

pytestmark = pytest.mark.browser


@pytest.fixture
def run_out(clinic_folder: Path) -> Callable[[], None]:
    """Lets every session of the clinic run out, as if its people had gone to lunch."""

    def age() -> None:
        with closing(sqlite.connect(clinic_folder / "clinic.sqlite3", timeout=10)) as database, database:
            database.execute("UPDATE user_sessions SET last_seen_at = datetime(last_seen_at, '-2 hours')")

    return age


def sign_in_again(page: Page, user: str = "reception") -> None:
    page.wait_for_url(re.compile("/auth/sign-in"))
    page.fill("#username", user)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")


def half_fill(page: Page) -> None:
    page.fill("#family_name", "Halfway")
    page.get_by_label("Female").check()
    page.locator("#fold-identifiers summary").click()
    page.fill("[name=identifiers-0-value]", "X1")


def expect_half_filled(page: Page) -> None:
    page.wait_for_url(re.compile("/patients/new"))
    expect(page.locator("#form-draft")).to_contain_text("What you had typed is back")
    expect(page.locator("#family_name")).to_have_value("Halfway")
    expect(page.get_by_label("Female")).to_be_checked()
    expect(page.locator("[name=identifiers-0-value]")).to_have_value("X1")


def test_what_was_sent_too_late_is_back_after_signing_in(visit: Visit, run_out: Callable[[], None]) -> None:
    page = visit("/patients/new")
    half_fill(page)
    run_out()
    page.locator("#save").click()
    sign_in_again(page)
    expect_half_filled(page)
    assert_accessible(page)
    page.fill("[name=identifiers-0-value]", "")
    page.locator("#save").click()
    expect(page.locator("h1")).to_have_text("Halfway")


def test_what_is_half_typed_when_the_page_hears_of_it_is_back_too(visit: Visit, run_out: Callable[[], None]) -> None:
    page = visit("/patients/new")
    half_fill(page)
    run_out()
    page.locator("#given_name").press_sequentially("A")
    sign_in_again(page)
    expect_half_filled(page)
    expect(page.locator("#given_name")).to_have_value("A")


def test_somebody_else_who_signs_in_there_sees_an_empty_form(visit: Visit, run_out: Callable[[], None]) -> None:
    page = visit("/patients/new")
    half_fill(page)
    run_out()
    page.locator("#save").click()
    sign_in_again(page, "manager")
    page.wait_for_url(re.compile("/patients/new"))
    expect(page.locator("#family_name")).to_have_value("")
    expect(page.locator("#form-draft")).to_have_count(0)


def test_a_dialog_comes_back_as_a_page(visit: Visit, run_out: Callable[[], None]) -> None:
    page = visit("/directory", "manager")
    page.get_by_role("link", name="New department").first.click()
    page.fill("#shared-dialog #name", "Ophthalmology")
    run_out()
    page.locator("#shared-dialog #name").press("Enter")
    sign_in_again(page, "manager")
    page.wait_for_url(re.compile("/directory/departments/new"))
    expect(page.locator("main #name")).to_have_value("Ophthalmology")


def test_without_script_it_is_back_as_well(visit: Visit, run_out: Callable[[], None]) -> None:
    page = visit("/patients/new", java_script_enabled=False)
    page.fill("#family_name", "Scriptless")
    run_out()
    page.locator("#save").click()
    sign_in_again(page)
    expect(page.locator("#family_name")).to_have_value("Scriptless")
