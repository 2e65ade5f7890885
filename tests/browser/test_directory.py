"""The directory by keyboard, and its pages for everyone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser


def test_a_department_with_a_service_by_keyboard_only(visit: Visit) -> None:
    page = visit("/directory", "manager")
    page.keyboard.press("a")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Allergology")
    page.keyboard.press("Enter")
    card = page.locator(".card", has_text="Allergology")
    expect(card).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)
    card.get_by_role("link", name="Add a service").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#place-form [role=alert]")).to_contain_text("Ticket letters")
    assert_accessible(page)
    page.locator("#name").focus()
    page.keyboard.type("Skin test")
    page.keyboard.press("Tab")
    page.keyboard.type("al")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("AL-001")
    assert_accessible(page)


def test_moving_a_row_keeps_the_focus_on_its_button(visit: Visit) -> None:
    page = visit("/directory", "manager")
    for name in ("First", "Second"):
        page.keyboard.press("a")
        expect(page.locator("#name")).to_be_focused()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    down = page.get_by_role("button", name="Move First down")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h2", has_text="First").locator("xpath=preceding::h2[text()='Second']")).to_have_count(1)
    expect(page.locator(":focus")).to_have_count(1)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("path", ["/directory", "/directory/practitioners", "/directory/practitioners/new"])
def test_axe_finds_nothing(visit: Visit, path: str, colours: str) -> None:
    assert_accessible(visit(path, "manager", color_scheme=colours))
