"""Registering, editing and reading a patient's chart in a real browser, by keyboard."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import TYPING_MS, Visit, assert_accessible

pytestmark = pytest.mark.browser


def type_person(page: Page, *texts: str, sex: str = "f") -> None:
    """Family name, given name, birth date and phone, as a receptionist types them: Tab between, a letter for sex."""
    family, given, born, phone = texts
    for text in (family, given, born):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press(sex)
    page.keyboard.press("Tab")
    page.keyboard.type(phone, delay=TYPING_MS)


def register(page: Page, *texts: str) -> None:
    page.goto("/patients/new")
    type_person(page, *texts)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))


def test_from_n_to_the_chart_by_keyboard_only(visit: Visit) -> None:
    page = visit("/auth/sessions")
    page.keyboard.press("n")
    expect(page.locator("#family_name")).to_be_focused()
    type_person(page, "Okonkwo", "Chiamaka", "14/3/82", "06 12 34 56 01")
    expect(page.locator("#birth-understood")).to_contain_text(re.compile(r"\d+ y"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    expect(page.locator("h1")).to_have_text("Chiamaka Okonkwo")
    expect(page.locator(".chart-facts")).to_contain_text("Female")
    expect(page.locator("#toasts")).to_contain_text("Registered with MRN")
    assert_accessible(page)


def test_what_is_typed_before_the_scripts_have_come_is_understood_too(visit: Visit) -> None:
    page = visit("/auth/sessions")
    held: list[Route] = []
    page.route("**/htmx.min.js", lambda route: held.append(route))
    page.goto("/patients/new", wait_until="commit")
    expect(page.locator("#family_name")).to_be_focused()
    type_person(page, "Adeyemi", "Bola", "14/3/82", "06 12 34 56 09")
    held[0].continue_()
    expect(page.locator("#birth-understood")).to_contain_text(re.compile(r"\d+ y"))
    expect(page.locator("input[name=sex][value=female]")).to_be_checked()
    expect(page.locator("#phone")).to_be_focused()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_the_form_with_everything_unfolded(visit: Visit, colours: str) -> None:
    page = visit("/patients/new", color_scheme=colours)
    page.evaluate("document.querySelectorAll('details.unfold').forEach((each) => { each.open = true })")
    assert_accessible(page)


def test_a_possible_duplicate_shows_while_typing_and_takes_one_confirmation(visit: Visit) -> None:
    page = visit("/patients/new")
    register(page, "Okafor", "Adaeze", "1/2/1990", "06 12 34 56 02")
    page.goto("/patients/new")
    type_person(page, "Okafor", "Adaese", "1/2/1990", "")
    expect(page.locator("#duplicates")).to_contain_text("same birth date")
    page.keyboard.press("Enter")
    expect(page.locator("#duplicates [role=alert]")).to_be_focused()
    expect(page.locator("#save")).to_have_text("Register anyway")
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    expect(page.locator("h1")).to_have_text("Adaese Okafor")


def test_choosing_the_person_found_opens_their_chart(visit: Visit) -> None:
    page = visit("/patients/new")
    register(page, "Tanaka", "Yui", "5/6/1991", "06 12 34 56 03")
    chart = page.url
    page.goto("/patients/new")
    type_person(page, "Tanaka", "Yui", "5/6/1991", "")
    page.get_by_role("link", name="This is the person").click()
    page.wait_for_url(chart)


def test_a_row_is_added_with_the_focus_in_it_and_nothing_typed_is_lost(visit: Visit) -> None:
    page = visit("/patients/new")
    page.keyboard.type("Rivera")
    page.locator("#fold-identifiers summary").press("Enter")
    page.fill("[name=identifiers-0-value]", "X1")
    page.locator("#add-identifiers").press("Enter")
    expect(page.locator("[name=identifiers-1-kind]")).to_be_focused()
    expect(page.locator("[name=identifiers-0-value]")).to_have_value("X1")
    expect(page.locator("#family_name")).to_have_value("Rivera")
    page.locator("#remove-identifiers-0").press("Enter")
    expect(page.locator("[name^=identifiers-][name$=-value]")).to_have_count(1)
    expect(page.locator("[name=identifiers-1-value]")).to_have_value("")


def test_a_refused_form_starts_at_what_is_wrong_and_keeps_what_was_typed(visit: Visit) -> None:
    page = visit("/patients/new")
    type_person(page, "Silva", "João", "31/2/82", "12")
    page.keyboard.press("Enter")
    expect(page.locator("[data-autofocus]")).to_be_focused()
    expect(page.locator("#birth_date")).to_have_value("31/2/82")
    expect(page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("input[name=sex][value=female]")).to_be_checked()
    assert_accessible(page)


def test_an_alert_is_added_and_voided_from_the_chart_by_keyboard(visit: Visit) -> None:
    page = visit("/patients/new")
    register(page, "Haddad", "Nour", "", "")
    page.keyboard.press("a")
    expect(page.locator("#shared-dialog #text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog #text")).to_have_attribute("aria-invalid", "true")
    page.fill("#shared-dialog #text", "Allergic to latex")
    page.locator("#shared-dialog #text").press("Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.locator("#chart-header .alert")).to_contain_text("Allergic to latex")
    assert_accessible(page)
    page.get_by_role("link", name="Void this alert").press("Enter")
    page.fill("#shared-dialog #reason", "Tested negative")
    page.locator("#shared-dialog #reason").press("Enter")
    # The live event may have brought the fresh header before the answer closes the dialog.
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.locator("#chart-header .alert")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.locator("#family_name")).to_have_value("Haddad")


def test_tabs_load_their_part_and_have_addresses_of_their_own(visit: Visit) -> None:
    page = visit("/patients/new")
    register(page, "Kowalska", "Zofia", "7/7/1977", "")
    page.get_by_role("link", name="Changes").press("Enter")
    expect(page.locator("#chart-changes")).to_contain_text("Registered")
    expect(page).to_have_url(re.compile("/changes$"))
    assert_accessible(page)
    page.reload()
    expect(page.locator("#chart-changes")).to_contain_text("Kowalska")
    page.keyboard.press("1")
    expect(page.locator("#chart-summary")).to_be_visible()


def test_two_people_edit_one_patient(visit: Visit) -> None:
    first, second = visit("/patients/new"), visit("/auth/sessions", "manager")
    register(first, "Moreau", "Inès", "8/8/1988", "")
    chart = first.url
    for page in (first, second):
        page.goto(f"{chart}/edit")
    second.fill("#phone", "06 12 34 56 04")
    second.locator("#phone").press("Enter")
    second.wait_for_url(chart)
    first.fill("#given_name", "Inès Marie")
    first.locator("#given_name").press("Enter")
    expect(first.locator(".alert").first).to_contain_text("Somebody changed this patient")
    expect(first.locator("#phone")).to_have_value("06 12 34 56 04")
    assert_accessible(first)
    first.locator("#given_name").press("Control+Enter")
    first.wait_for_url(chart)
    expect(first.locator("h1")).to_have_text("Inès Marie Moreau")
    expect(first.locator(".chart-facts")).to_contain_text("06 12 34 56 04")


def test_without_script_everything_works(visit: Visit) -> None:
    page = visit("/patients/new", java_script_enabled=False)
    page.fill("#family_name", "Sukarno")
    page.locator("#fold-contacts summary").click()
    page.fill("[name=contacts-0-name]", "Fatmawati")
    page.locator("#add-contacts").click()
    page.fill("[name=contacts-1-name]", "Guntur")
    page.locator("#save").click()
    expect(page.locator("h1")).to_have_text("Sukarno")
    expect(page.locator("#chart-summary")).to_contain_text("Guntur")


@pytest.mark.parametrize("width", [320, 390, 900, 1366])
def test_nothing_is_cut_at_any_width(visit: Visit, width: int) -> None:
    page = visit("/patients/new", viewport={"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details.unfold').forEach((each) => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
