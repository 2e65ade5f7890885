"""What the tests of every page share: which pages there are, one of each thing to show, and the look at all of them."""

import re
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.routing import Rule

from clinic.auth.access import Role, allows
from tests.browser.journey.person import SCHEMES, Person
from tests.browser.journey.records import write_patients
from tests.documents.files import PNG

# Streams, files and JSON: nothing a person reads as a page.
NO_PAGES = {
    "calendar.events",
    "feeds.download",
    "feeds.read",
    "desk.live",
    "display.live",
    "documents.content",
    "documents.download",
    "exports.download",
    "imports.refusals",
    "ops.live",
    "ops.ready",
    "patients.picture",
    "patients.print_pdf",
    "slips.download",
    "static",
    # The page of a visit, by the number of its appointment.
    "visits.show_of_appointment",
}
# Parts of pages, asked for by scripts.
PARTS = {"auth.present", "notes.pending", "booking.slots", "display.calls", "patients.header", "phone.place"}
PATIENT = 12


def look_at(person: Person, rules: list[Rule], values: dict[str, str], schemes: Sequence[str] = SCHEMES) -> list[str]:
    """Open every page and have it checked; what is wrong with which."""
    wrong = []
    for rule in rules:
        address = address_of(rule, values)
        response = person.page.goto(address)
        try:
            assert response
            assert response.status == 200, f"it answered {response.status}"
            person.look(schemes=schemes)
        except AssertionError as error:
            wrong.append(f"{address}: {error}")
    return wrong


def pages(app: Flask, role: Role) -> list[Rule]:
    """What `role` can open with GET and is a page."""
    skipped = NO_PAGES | PARTS
    found = [r for r in app.url_map.iter_rules() if "GET" in (r.methods or ()) and r.endpoint not in skipped]
    return [r for r in found if may_open(app, r, role)]


def may_open(app: Flask, rule: Rule, role: Role) -> bool:
    """Public pages are for everyone."""
    permission = getattr(app.view_functions[rule.endpoint], "access", None)
    return permission is None or allows([role], permission)


def address_of(rule: Rule, values: dict[str, str]) -> str:
    """The rule's address; KeyError for an argument that `values` does not have."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


def fill(page: Page, folder: Path) -> dict[str, str]:
    """Make one of each thing that the sample clinic does not have; the arguments of all pages."""
    return {
        "patient_id": str(PATIENT),
        "group": "done",
        "note_id": add_note(page),
        "alert_id": add_alert(page),
        "document_id": add_document(page, folder / "Card.png"),
        "export_id": add_export(page),
        "import_id": add_import(page, folder / "Patient.ndjson"),
        **open_entry(page),
        "visit_id": ready_visit(page),
        "appointment_id": coming_appointment(page),
        "wait_id": add_wait(page),
        "feed_id": add_feed(page),
        **add_merge(page),
        "department_id": "1",
        "practitioner_id": "1",
        "paper": "label",
        "kind": "departments",
        "owner_kind": "practitioners",
        "owner_id": "2",
        "time_off_kind": "leave",
        "time_off_id": "1",
        "holiday_id": "1",
        "series_id": "1",
        "place_id": "1",
        "seq": "5",
        **add_devices(page),
    }


def number_in(text: str | None) -> str:
    found = re.search(r"\d+", text or "")
    assert found
    return found[0]


def add_merge(page: Page) -> dict[str, str]:
    """A record to compare the patient with, and a merge of two others: one for all tests, that use the same clinic."""
    undo = page.locator("#merges a[href*=undo]")
    page.goto("/patients/duplicates?show=merged")
    if undo.count() == 0:
        page.goto(f"/patients/{PATIENT + 2}/merge/{PATIENT + 3}")
        page.get_by_role("button", name="Merge the two records").click()
        page.wait_for_url(f"**/patients/{PATIENT + 2}")
        page.goto("/patients/duplicates?show=merged")
    return {"other_id": str(PATIENT + 1), "merge_id": number_in(undo.first.get_attribute("href"))}


def add_alert(page: Page) -> str:
    page.goto(f"/patients/{PATIENT}/alerts/new")
    page.locator("main #text").fill("Needs an interpreter")
    page.locator("main #text").press("Enter")
    return number_in(page.locator("#chart-header .alert").first.get_attribute("id"))


def add_note(page: Page) -> str:
    page.goto("/notes/new")
    page.locator("main #text").fill("The lift is out of order")
    page.get_by_role("button", name="Save the note").click()
    page.wait_for_url("**/notes")
    return number_in(page.locator("#notes-table .row-link").first.get_attribute("id"))


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


def open_entry(page: Page) -> dict[str, str]:
    """A ticket that still waits, so that it can be cancelled and transferred, and the token of its page."""
    page.goto("/queue/boards/1")
    entry_id = number_in(page.locator("#column-waiting .ticket").first.get_attribute("id"))
    page.goto(f"/queue/{entry_id}/ticket")
    address = page.locator(".paper-code").get_attribute("href") or ""
    return {"entry_id": entry_id, "ticket_token": address.rpartition("/")[2]}


def ready_visit(page: Page) -> str:
    """A visit that can be checked out."""
    page.goto("/visits?state=ready")
    return number_in(page.locator("#visits-table .row-link").first.get_attribute("id"))


def add_feed(page: Page) -> str:
    page.goto("/appointments/feeds/new")
    page.get_by_role("button", name="Make an address").click()
    page.locator("#address").wait_for()
    page.goto("/appointments/feeds")
    return number_in(page.locator("#feeds tbody tr").first.get_attribute("id"))


def add_wait(page: Page) -> str:
    page.goto(f"/appointments/waitlist/new/{PATIENT}")
    page.locator("main #note").press("Enter")
    page.wait_for_url(lambda url: "/waitlist/new" not in url)
    page.goto("/appointments/waitlist")
    return number_in(page.locator("#waitlist .row-link").first.get_attribute("href"))


def coming_appointment(page: Page) -> str:
    """An appointment that can still be moved and cancelled."""
    page.goto("/appointments?view=week")
    page.goto(page.get_by_role("link", name="Next week").get_attribute("href") or "")
    event = page.locator(".ec-event.is-booked").first
    event.click()
    details = page.locator("#appointment-details form").first
    return number_in(details.get_attribute("action"))


def add_devices(page: Page) -> dict[str, str]:
    """A screen and a kiosk: their tokens, and the number that both have."""
    tokens = [add_device(page, area) for area in ("displays", "kiosk")]
    page.goto("/queue/displays")
    edit = page.locator("#main a[href$='/edit']").first
    expect(edit).to_be_attached()
    return {"token": tokens[0], "kiosk_token": tokens[1], "device_id": number_in(edit.get_attribute("href"))}


def add_device(page: Page, area: str) -> str:
    page.goto(f"/queue/{area}/new")
    page.locator("main #name").fill("Entrance")
    page.locator("main").get_by_label("General practice").check()
    page.get_by_role("button", name="Save").click()
    return page.locator("#address").input_value().rpartition("/")[2]
