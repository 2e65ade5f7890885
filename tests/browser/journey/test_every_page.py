"""Every page a manager may open, in both colour schemes, on a desk and on a phone."""

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.routing import Rule

from tests.browser.journey.conftest import Employ
from tests.browser.journey.person import DESKTOP, PHONE
from tests.browser.journey.records import write_patients
from tests.documents.files import PNG

pytestmark = pytest.mark.browser
# Streams, files and JSON: nothing a person reads as a page.
NO_PAGES = {
    "desk.live",
    "display.live",
    "documents.content",
    "documents.download",
    "exports.download",
    "imports.refusals",
    "ops.live",
    "ops.ready",
    "static",
}
# Parts of pages, asked for by scripts.
PARTS = {"display.calls", "patients.header"}
PATIENT = 12


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_nothing_is_wrong_with_any_page(app: Flask, employ: Employ, tmp_path: Path, device: dict[str, object]) -> None:
    person = employ("manager", device)
    values = fill(person.page, tmp_path)
    wrong = []
    for rule in pages(app):
        address = address_of(rule, values)
        response = person.page.goto(address)
        assert response
        assert response.status == 200, f"{address} answered {response.status}"
        try:
            person.look()
        except AssertionError as error:
            wrong.append(f"{address}: {error}")
    assert wrong == []


def pages(app: Flask) -> list[Rule]:
    """What can be opened with GET and is a page."""
    skipped = NO_PAGES | PARTS
    return [r for r in app.url_map.iter_rules() if "GET" in (r.methods or ()) and r.endpoint not in skipped]


def address_of(rule: Rule, values: dict[str, str]) -> str:
    """The rule's address; KeyError for an argument that `values` does not have."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


def fill(page: Page, folder: Path) -> dict[str, str]:
    """Make one of each thing that the sample clinic does not have; the arguments of all pages."""
    return {
        "patient_id": str(PATIENT),
        "alert_id": add_alert(page),
        "document_id": add_document(page, folder / "Card.png"),
        "export_id": add_export(page),
        "import_id": add_import(page, folder / "Patient.ndjson"),
        "entry_id": open_entry(page),
        "department_id": "1",
        "practitioner_id": "1",
        "kind": "departments",
        "place_id": "1",
        "seq": "5",
        **add_display(page),
    }


def number_in(text: str | None) -> str:
    found = re.search(r"\d+", text or "")
    assert found
    return found[0]


def add_alert(page: Page) -> str:
    page.goto(f"/patients/{PATIENT}/alerts/new")
    page.locator("main #text").fill("Needs an interpreter")
    page.locator("main #text").press("Enter")
    return number_in(page.locator("#chart-header .alert").first.get_attribute("id"))


def add_document(page: Page, path: Path) -> str:
    path.write_bytes(PNG)
    page.goto(f"/patients/{PATIENT}/documents")
    expect(page.locator("#uploads")).to_have_class(re.compile("is-live"))
    page.set_input_files("#files", path)
    return number_in(page.locator("#documents-list .row-link").first.get_attribute("href"))


def add_export(page: Page) -> str:
    page.goto("/exports/new")
    page.get_by_role("button", name="Export").click()
    return number_in(page.locator(".export").first.get_attribute("id"))


def add_import(page: Page, path: Path) -> str:
    write_patients(path)
    page.goto("/imports/new")
    page.set_input_files("#file", path)
    page.fill("#source", "Old software")
    page.press("#source", "Enter")
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    return number_in(page.url.rpartition("/")[2])


def open_entry(page: Page) -> str:
    """A ticket that still waits: it can be cancelled and transferred."""
    page.goto("/queue/boards/1")
    return number_in(page.locator("#column-waiting .ticket").first.get_attribute("id"))


def add_display(page: Page) -> dict[str, str]:
    page.goto("/queue/displays/new")
    page.locator("main #name").fill("Entrance")
    page.locator("main").get_by_label("General practice").check()
    page.get_by_role("button", name="Save").click()
    token = page.locator("#address").input_value().rpartition("/")[2]
    page.goto("/queue/displays")
    edit = page.locator("#main a[href$='/edit']").first
    expect(edit).to_be_attached()
    return {"token": token, "display_id": number_in(edit.get_attribute("href"))}
