"""Finding a patient in a real browser: while typing, by arrow keys, with Enter and with a scanner."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_accessible
from tests.browser.test_patients import register

pytestmark = pytest.mark.browser

CHART = re.compile(r"/patients/\d+$")


@pytest.fixture
def desk(visit: Visit) -> Page:
    """A page of a clinic where two Vandermeers are registered."""
    page = visit("/auth/sessions")
    if "Vandermeer" not in page.request.get("/patients?start=vandermeer").text():
        register(page, "Vandermeer", "Hilde", "14/3/82", "06 12 88 77 61")
        register(page, "Vandermeer", "Joost", "2/5/1979", "06 12 88 77 62")
    page.goto("/auth/sessions")
    return page


def mrn_of(page: Page, name: str) -> str:
    page.goto("/patients?start=vandermeer")
    row = page.locator("tr", has_text=name).inner_text()
    found = re.search(r"\d{6}-\d", row)
    assert found is not None
    return found[0]


def test_matches_appear_while_typing_and_arrows_move_among_them(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("vanderm", delay=20)
    results = desk.locator("#quick-results .result")
    expect(results).to_have_count(2)
    expect(results.first.locator("mark")).to_have_text("Vanderm")
    assert_accessible(desk)
    desk.keyboard.press("ArrowDown")
    expect(results.first).to_be_focused()
    desk.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url(CHART)
    expect(desk.locator("h1")).to_have_text("Joost Vandermeer")
    expect(desk).not_to_have_url(re.compile("vanderm"))


def test_enter_opens_the_best_match(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("joost vander", delay=20)
    expect(desk.locator("#quick-results .result")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.wait_for_url(CHART)
    expect(desk.locator("h1")).to_have_text("Joost Vandermeer")


def test_a_scanned_card_opens_the_chart_from_any_page(desk: Page) -> None:
    mrn = mrn_of(desk, "Hilde")
    for path in ("/auth/sessions", "/patients"):
        desk.goto(path)
        desk.keyboard.type(f"{mrn}\n")
        desk.wait_for_url(CHART)
        expect(desk.locator("h1")).to_have_text("Hilde Vandermeer")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_on_the_list_typing_narrows_the_list_itself(visit: Visit, desk: Page, colours: str) -> None:
    page = visit("/patients?sort=-registered", color_scheme=colours)
    assert_accessible(page)
    page.keyboard.press("/")
    page.keyboard.type("vandermere hil", delay=20)
    rows = page.locator("#patients tbody tr")
    expect(rows).to_have_count(1)
    expect(page.get_by_text("these names are close")).to_be_visible()
    expect(page.locator("#global-q")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("#chip-newest")).to_have_attribute("aria-current", "true")
    page.keyboard.type("vanderm", delay=20)
    expect(page.get_by_text("Best matches for “vanderm”")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#patients .row-link").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(CHART)


def test_all_matches_of_the_top_bar_are_one_click_away(desk: Page) -> None:
    desk.fill("#global-q", "vandermeer")
    desk.get_by_role("button", name="Show all matches").click()
    desk.wait_for_url("**/patients/search")
    expect(desk.locator("#patients tbody tr")).to_have_count(2)
    desk.reload()
    assert_accessible(desk)


def test_who_is_not_found_is_registered_with_the_name_typed(desk: Page) -> None:
    desk.goto("/patients")
    desk.fill("#global-q", "Quuxworth")
    desk.get_by_role("button", name="Register “Quuxworth”").click()
    expect(desk.locator("#family_name")).to_have_value("Quuxworth")
    expect(desk).not_to_have_url(re.compile("Quuxworth"))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_filters_are_set_and_taken_away(visit: Visit, desk: Page, colours: str) -> None:
    page = visit("/patients", color_scheme=colours)
    page.keyboard.press("f")
    expect(page.locator("#status")).to_be_focused()
    assert_accessible(page)
    page.select_option("#sex", "other")
    page.get_by_role("button", name="Show patients").click()
    expect(page.get_by_text("No patient matches these filters.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/patients\?sex=other$"))
    assert_accessible(page)
    page.locator("#chip-sex").click()
    expect(page.locator("#patients tbody tr").first).to_be_visible()
    expect(page).to_have_url(re.compile("/patients$"))


def test_a_link_without_script_still_pages_sorts_and_searches(visit: Visit, desk: Page) -> None:
    page = visit("/patients", java_script_enabled=False)
    page.get_by_role("link", name="Birth date").click()
    expect(page).to_have_url(re.compile("sort=birth$"))
    page.fill("#global-q", "vandermeer")
    page.press("#global-q", "Enter")
    expect(page.locator("#patients tbody tr")).to_have_count(2)
