"""What every page does in a real browser: colours, keys, menus, dialogs, the live connection."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "user"), [("/auth/sign-in", None), ("/nothing-here", None), ("/auth/sessions", "manager")]
)
def test_axe_finds_nothing(visit: Visit, colours: str, path: str, user: str | None) -> None:
    assert_accessible(visit(path, user, color_scheme=colours))


def test_a_refused_sign_in_starts_at_what_is_wrong(visit: Visit) -> None:
    page = visit("/auth/sign-in", None)
    page.fill("#username", "reception")
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    expect(page.locator("[data-autofocus]")).to_be_focused()
    expect(page.locator("#username")).to_have_value("reception")
    assert_accessible(page)


def test_the_colours_a_person_chose_last(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_key_map_lists_the_keys_of_the_page_and_gives_the_focus_back(visit: Visit) -> None:
    page = visit("/auth/sessions", "manager")
    page.focus("#user-menu summary")
    page.keyboard.press("?")
    dialog = page.locator("#key-map")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Light or dark colours")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("#user-menu summary")).to_be_focused()


def test_single_keys_can_be_switched_off(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    page.keyboard.press("?")
    page.uncheck("[data-keys-toggle]")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.wait_for_timeout(200)
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_g_and_a_letter_open_a_section(visit: Visit) -> None:
    page = visit("/auth/sessions", "manager")
    page.keyboard.press("g")
    page.wait_for_timeout(150)
    page.keyboard.press("a")
    page.wait_for_url("**/audit*")


def test_the_menu_works_by_keyboard(visit: Visit) -> None:
    page = visit("/auth/sessions")
    page.focus("#user-menu summary")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Signed-in devices")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#user-menu summary")).to_be_focused()
    expect(page.locator("#user-menu")).not_to_have_attribute("open", "")


def test_the_page_says_that_it_is_live(visit: Visit) -> None:
    expect(visit("/auth/sessions").locator("[data-live-state]")).to_have_text("Live")


def test_without_script_one_can_sign_in_and_out(visit: Visit) -> None:
    page = visit("/auth/sessions", java_script_enabled=False)
    expect(page.locator("h1")).to_be_visible()
    page.click("#user-menu summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/auth/sign-in")


@pytest.mark.parametrize("width", [320, 390, 900, 1366])
def test_nothing_is_cut_at_any_width(visit: Visit, width: int) -> None:
    page = visit("/auth/sessions", "manager", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
