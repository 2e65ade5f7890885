"""A hand-held scanner on every page: it finds patients and never types into a form by accident."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TYPING_MS, Visit

pytestmark = pytest.mark.browser
# Keys within one tick, as no person types; what no script stopped goes where the browser would put it.
SCAN = """([text, codes]) => {
  const press = (key, code) => {
    const focused = document.activeElement ?? document.body;
    const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true });
    if (!focused.dispatchEvent(event)) return;
    if (key === "Enter") focused.form?.requestSubmit();
    else document.execCommand("insertText", false, key);
  };
  [...text].forEach((key, index) => press(key, codes[index] ?? ""));
  press("Enter", "Enter");
}"""


def scan(page: Page, text: str, codes: list[str] | None = None) -> None:
    page.evaluate(SCAN, [text, codes or []])


@pytest.fixture
def mrn(visit: Visit) -> str:
    """The number on the card of a patient who is registered already."""
    page = visit("/patients/new")
    page.fill("#family_name", "Scanned")
    page.press("#family_name", "Control+Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    found = re.search(r"\d{6}-\d", page.locator("#chart-header").inner_text())
    assert found
    return found[0]


def expect_chart(page: Page, mrn: str) -> None:
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    expect(page.locator("#chart-header")).to_contain_text(mrn)


@pytest.mark.parametrize("path", ["/auth/sessions", "/queue", "/patients", "/exports/new", "/patients/new"])
def test_a_card_opens_the_chart_from_any_page(visit: Visit, mrn: str, path: str) -> None:
    page = visit(path)
    scan(page, mrn)
    expect_chart(page, mrn)


def test_a_half_filled_form_keeps_its_text_and_is_not_sent(visit: Visit, mrn: str) -> None:
    page = visit("/patients/new")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/patients") else None)
    page.fill("#family_name", "Half")
    page.focus("#given_name")
    scan(page, mrn)
    expect(page.locator("#toasts")).to_contain_text(f"{mrn} was scanned.")
    expect(page.locator("#given_name")).to_have_value("")
    expect(page.locator("#family_name")).to_have_value("Half")
    assert sent == []
    page.get_by_role("button", name="Open the patient").click()
    expect_chart(page, mrn)


def test_the_same_card_again_says_that_it_is_meant(visit: Visit, mrn: str) -> None:
    page = visit("/patients/new")
    page.fill("#family_name", "Half")
    scan(page, mrn)
    expect(page.locator("#toasts")).to_contain_text(f"{mrn} was scanned.")
    scan(page, mrn)
    expect_chart(page, mrn)


def test_answers_in_a_row_stay_as_chosen(visit: Visit) -> None:
    page = visit("/patients/new")
    page.get_by_label("Female").check()
    scan(page, "MOTHER-123")
    expect(page.locator("#toasts")).to_contain_text("MOTHER-123 was scanned.")
    expect(page.get_by_label("Female")).to_be_checked()
    expect(page.get_by_label("Female")).to_be_focused()


def test_a_field_made_for_scanning_keeps_what_was_read_and_sends_nothing(visit: Visit) -> None:
    page = visit("/patients/new")
    page.locator("#fold-identifiers summary").click()
    page.focus("[name=identifiers-0-value]")
    scan(page, "AB-1234567")
    expect(page.locator("[name=identifiers-0-value]")).to_have_value("AB-1234567")
    expect(page).to_have_url(re.compile("/patients/new$"))


def test_a_scanner_set_to_another_keyboard_layout_is_understood(visit: Visit, mrn: str) -> None:
    page = visit("/auth/sessions")
    codes = ["Minus" if digit == "-" else f"Digit{digit}" for digit in mrn]
    scan(page, "".join("à&é\"'(-è_ç"[int(d)] if d.isdigit() else ")" for d in mrn), codes)
    expect_chart(page, mrn)


def test_what_is_typed_by_hand_stays_and_enter_sends_it(visit: Visit) -> None:
    page = visit("/patients/new")
    page.locator("#family_name").press_sequentially("Handwritten", delay=TYPING_MS)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    expect(page.locator("h1")).to_have_text("Handwritten")
