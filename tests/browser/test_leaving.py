"""What somebody typed is never thrown away without a question."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser
RULE = "what somebody typed is not lost without a question"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


class Asked:
    """The browser's own questions on leaving a page, each answered with `answer`."""

    def __init__(self, page: Page) -> None:
        self.page, self.kinds, self.leaves = page, list[str](), False
        page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        self.kinds.append(dialog.type)
        if self.leaves:
            dialog.accept()
        else:
            dialog.dismiss()


def open_note(page: Page, text: str = "") -> None:
    page.keyboard.press("s")
    expect(page.locator("#note-form textarea")).to_be_focused()
    page.keyboard.type(text)


@pytest.mark.guards(RULE)
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_escape_and_close_ask_before_a_dialog_goes(visit: Visit, device: dict[str, object]) -> None:
    page = visit("/today", **device)
    dialog, question = page.locator("#shared-dialog"), page.locator("#unsaved-question")
    open_note(page)
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    open_note(page, "The key is at the counter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep writing")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(question).not_to_be_visible()
    expect(page.locator("#note-form textarea")).to_have_value("The key is at the counter")
    expect(page.locator("#note-form textarea")).to_be_focused()
    for _ in range(2):
        # Escape twice is "keep", not "throw away".
        page.keyboard.press("Escape")
        expect(question).to_be_visible()
        page.keyboard.press("Escape")
        expect(question).not_to_be_visible()
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="Cancel").click()
    expect(question).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(dialog).not_to_be_visible()
    open_note(page)
    expect(page.locator("#note-form textarea")).to_have_value("")


@pytest.mark.guards(RULE)
def test_links_search_and_back_ask_before_a_page_goes(visit: Visit) -> None:
    page = visit("/patients")
    asked = Asked(page)
    page.get_by_role("link", name="New patient").click()
    family = page.locator("#family_name")
    family.fill("Delacroix")
    page.get_by_role("link", name="Today").first.click()
    expect(family).to_have_value("Delacroix")
    page.evaluate("history.back()")
    page.wait_for_timeout(300)
    expect(family).to_have_value("Delacroix")
    page.locator("#global-search input[type=search]").fill("Nobody Of This Name")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    expect(family).to_have_value("Delacroix")
    assert asked.kinds == ["beforeunload"] * 3
    asked.leaves = True
    page.evaluate("history.back()")
    page.wait_for_url("**/patients")
    assert asked.kinds == ["beforeunload"] * 4


@pytest.mark.guards("nobody is asked about what is saved or was never typed")
def test_no_question_where_nothing_would_be_lost(visit: Visit) -> None:
    page = visit("/patients/new")
    asked = Asked(page)
    page.get_by_role("link", name="Today").first.click()
    page.wait_for_url("**/today")
    page.locator("#today-q").fill("somebody")
    page.goto("/patients/new")
    page.locator("#family_name").fill("Saved")
    page.locator("#given_name").fill("Already")
    page.get_by_role("button", name="Register").first.click()
    page.wait_for_url("**/patients/*")
    page.wait_for_url(lambda url: not url.endswith("/new"))
    page.goto("/today")
    open_note(page, "Seen by all")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    page.get_by_role("link", name="Patients").first.click()
    page.wait_for_url("**/patients")
    assert asked.kinds == []
    expect(page.locator("#unsaved-question")).not_to_be_visible()


@pytest.mark.guards(RULE)
def test_what_came_back_refused_is_asked_about_too(visit: Visit) -> None:
    page = visit("/patients/new")
    asked = Asked(page)
    page.locator("#family_name").fill("Refused")
    page.locator("#birth_date").fill("99/99/99")
    page.get_by_role("button", name="Register").first.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    page.get_by_role("link", name="Today").first.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert asked.kinds == ["beforeunload"]
