"""The directory by keyboard, and its pages for everyone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, assert_accessible
from tests.browser.practices import Practice, practice

__all__ = ["practice"]

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


def test_who_is_booked_is_named_before_somebody_or_something_goes_out_of_use(visit: Visit, practice: Practice) -> None:
    practice.book("Ada", "9:00")
    name = f"Ada Sample{practice.number}"
    page = visit("/directory", "manager")
    button = page.get_by_role("button", name=f"Take Check-up {practice.number} out of use", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#shared-dialog")
    expect(dialog).to_contain_text(name)
    expect(dialog.get_by_role("heading", name=f"Take Check-up {practice.number} out of use")).to_be_visible()
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Take out of use nevertheless").click()
    expect(page.get_by_role("button", name=f"Use Check-up {practice.number} again", exact=True)).to_be_visible()
    expect(dialog).not_to_be_visible()

    page.goto(f"/directory/practitioners/{practice.practitioner_id}/edit")
    page.get_by_label("Works here").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#stranded-table")).to_contain_text(name)
    assert_accessible(page)
    page.get_by_label("Save nevertheless").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=f"Ida Keeper{practice.number}")).to_contain_text("Not in use")
    page.goto("/appointments/schedules/stranded")
    expect(page.get_by_role("row", name=name)).to_contain_text("no longer works here")
    expect(page.get_by_role("row", name=name)).to_contain_text("The service is no longer offered")
