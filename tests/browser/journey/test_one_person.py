"""Two records of one person: found in the background, merged by keyboard, and two again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journey.conftest import Employ
from tests.browser.journey.person import Person

pytestmark = pytest.mark.browser
# Comparing runs by the schedule, in another process, which others may keep waiting.
BACKGROUND_MS = 90_000
BORN = "1/2/1990"
CHART = re.compile(r"/patients/\d+$")


def test_two_records_become_one_and_two_again(employ: Employ) -> None:
    manager, reception = employ("manager"), employ("reception")
    kept, other = register(manager, "Adaeze", BORN), register(manager, "Adaese", "3/3/1970")
    old_number = mrn(manager.page)
    correct_birth_date(manager)
    reception.page.goto(f"/patients/{other}")
    expect(reception.page.locator("[data-live-state=live]")).to_be_attached()

    find_pair(manager)
    merge(manager)
    page = manager.page
    page.wait_for_url(f"**/patients/{kept}")
    expect(page.locator("h1")).to_have_text("Adaese Okparaocha")
    expect(page.locator(".chart-facts")).to_contain_text(old_number)
    manager.look()

    # Whoever had the other chart open is led to the one that is kept; so is who types the old number.
    reception.page.wait_for_url(f"**/patients/{kept}")
    reception.page.goto("/queue")
    reception.page.fill("#global-q", old_number)
    reception.press("Enter")
    reception.page.wait_for_url(f"**/patients/{kept}")

    undo(manager)
    expect(page.locator("#toasts")).to_contain_text("two records again")
    expect(page.locator("h1")).to_have_text("Adaeze Okparaocha")
    reception.page.goto(f"/patients/{other}")
    expect(reception.page.locator("h1")).to_have_text("Adaese Okparaocha")


def register(person: Person, given_name: str, born: str) -> str:
    """A new patient; the number of the record."""
    page = person.page
    page.goto("/patients/new")
    for field, text in {"family_name": "Okparaocha", "given_name": given_name, "birth_date": born}.items():
        page.fill(f"#{field}", text)
    page.locator("#birth_date").press("Control+Enter")
    page.wait_for_url(CHART)
    return page.url.rsplit("/", 1)[1]


def correct_birth_date(person: Person) -> None:
    """Only now do the two records look alike."""
    person.press("e")
    person.page.wait_for_url("**/edit")
    person.page.fill("#birth_date", BORN)
    person.page.locator("#birth_date").press("Control+Enter")
    person.page.wait_for_url(CHART)


def mrn(page: Page) -> str:
    found = re.search(r"\d{6}-\d", page.locator(".chart-facts").inner_text())
    assert found
    return found[0]


def find_pair(person: Person) -> None:
    """The pair appears on the open list by itself."""
    page = person.page
    person.press("g", "p")
    page.wait_for_url("**/patients")
    person.press("m")
    page.wait_for_url("**/patients/duplicates")
    expect(page.locator("#pairs")).to_contain_text("Adaese Okparaocha", timeout=BACKGROUND_MS)
    expect(page.locator("#pairs")).to_contain_text("similar name")
    person.look()


def merge(person: Person) -> None:
    """Go down to the pair, open it, take the other given name, merge: ↓, Enter, →, Ctrl+Enter."""
    page = person.page
    person.press("ArrowDown")
    person.reach(page.locator("#pairs .row-link", has_text="Okparaocha").first, "ArrowDown")
    person.press("Enter")
    page.wait_for_url("**/merge/**")
    given = page.locator("input[name=given_name]")
    expect(given.first).to_be_focused()
    expect(given.first).to_be_checked()
    person.look()
    person.press("ArrowRight")
    expect(given.nth(1)).to_be_checked()
    person.press("Control+Enter")


def undo(person: Person) -> None:
    page = person.page
    person.press("z")
    dialog = page.locator("#shared-dialog")
    expect(dialog).to_contain_text("Gets its earlier value")
    person.look()
    person.reach(dialog.get_by_role("button", name="Undo the merge"), "Shift+Tab")
    person.press("Enter")
