"""A morning at the front desk, by keyboard only: from an old system's file to the exported list."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.ops.sample.staff import PASSWORD
from tests.browser.journey.conftest import Employ
from tests.browser.journey.person import Person
from tests.browser.journey.records import COUNT, FAMILY, write_patients
from tests.documents.files import PDF, PNG

pytestmark = pytest.mark.browser
DEPARTMENT, ROOM = "General practice", "Room 2"
# Jobs run in another process, which others may keep waiting.
BACKGROUND_MS = 60_000


def test_a_morning_at_the_front_desk(employ: Employ, tmp_path: Path) -> None:
    person, entrance = employ(None), employ(None)
    person.look()
    person.sign_in("manager", PASSWORD)
    person.look()
    bring_patients(person, tmp_path / "Patient.ndjson")
    screen = hang_screen(person, entrance)
    person.sign_out()

    person.sign_in("reception", PASSWORD)
    find(person, FAMILY.lower()[:6])
    add_documents(person, tmp_path)
    ticket = register_and_check_in(person)
    call_and_finish(person, ticket, screen)
    entrance.look(screen)
    rows = export_patients(person, tmp_path / "patients.csv")
    names = {" ".join(filter(None, (row["Given name"], row["Family name"]))) for row in rows}
    assert {"Sukarno", f"Noor {FAMILY}"} <= names
    assert sum(name.startswith("Noor Brought") for name in names) == COUNT - 1


def bring_patients(person: Person, path: Path) -> None:
    """Import a file, looking first at how it is understood."""
    write_patients(path)
    page = person.page
    person.press("g", "i")
    page.wait_for_url("**/imports")
    person.look()
    person.press("a")
    page.wait_for_url("**/imports/new")
    expect(page.locator("#file")).to_be_focused()
    person.choose_files(path)
    person.look()
    person.reach(page.locator("#source"))
    person.type("Old software")
    person.press("Enter")
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(page.locator("#check-table")).to_contain_text("Brought0")
    person.look()
    person.choose(page.locator("#check-start"))
    expect(page.locator("#import")).to_contain_text("Every row was understood", timeout=BACKGROUND_MS)
    expect(page.locator("#import .stat").filter(has_text="New")).to_contain_text(str(COUNT))
    person.look()


def hang_screen(person: Person, entrance: Person) -> Page:
    """Set up a waiting-room screen and open it in a browser where nobody is signed in."""
    page = person.page
    person.press("g", "q")
    page.wait_for_url("**/queue")
    person.look()
    person.choose(page.get_by_role("link", name="Waiting-room screens"))
    page.wait_for_url("**/queue/displays")
    person.look()
    person.press("a")
    expect(page.locator("#shared-dialog #name")).to_be_focused()
    person.look()
    person.type("Entrance")
    person.choose(page.locator("#display-form").get_by_label(DEPARTMENT), "Space")
    person.press("Enter")
    address = page.locator("#address")
    expect(address).to_be_focused()
    person.look()
    screen = entrance.open(address.input_value())
    person.press("Escape")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.locator("#main")).to_contain_text("Entrance")
    return screen


def find(person: Person, typed: str) -> None:
    """From the list of patients, by the search box, to the chart."""
    page = person.page
    person.press("g", "p")
    page.wait_for_url("**/patients")
    person.press("/")
    expect(page.locator("#global-q")).to_be_focused()
    person.type(typed)
    expect(page.locator("#patient-results mark")).to_have_text(re.compile(typed, re.IGNORECASE))
    person.look()
    person.press("ArrowDown", "Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    expect(page.locator("h1")).to_have_text(f"Noor {FAMILY}")
    person.look()


def add_documents(person: Person, folder: Path) -> None:
    """Upload two files to the chart that is open and look at one."""
    (folder / "Blood results.pdf").write_bytes(PDF)
    (folder / "Old card.png").write_bytes(PNG)
    page = person.page
    person.press("3")
    page.wait_for_url("**/documents")
    expect(page.locator("#uploads")).to_have_class(re.compile("is-live"))
    person.look()
    person.press("u")
    expect(page.locator("#files")).to_be_focused()
    person.choose_files(folder / "Blood results.pdf", folder / "Old card.png")
    documents = page.locator("#documents-list .row-link")
    expect(documents).to_have_count(2, timeout=BACKGROUND_MS)
    person.look()
    person.choose(documents.filter(has_text="Old card"))
    picture = page.locator("#shared-dialog img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 10
    person.look()
    person.press("Escape")
    expect(documents.filter(has_text="Old card")).to_be_focused()


def register_and_check_in(person: Person) -> str:
    """Somebody with one name who does not know their birth date; returns the number of their ticket."""
    page = person.page
    person.press("n")
    page.wait_for_url("**/patients/new")
    expect(page.locator("#family_name")).to_be_focused()
    person.type("Sukarno")
    person.press("Tab", "Tab")
    person.type("~45")
    expect(page.locator("#birth-understood")).to_contain_text("about 45 y")
    person.press("Tab", "m", "Tab")
    person.type("06 12 99 88 77")
    person.look()
    person.press("Control+Shift+Enter")
    page.wait_for_url("**/queue/tickets/new*")
    expect(page.locator("#join-form")).to_contain_text("Sukarno")
    person.look()
    person.press("Enter")
    number = page.locator("#ticket .paper-number")
    expect(number).to_be_visible()
    person.look()
    return number.inner_text().strip()


def call_and_finish(person: Person, ticket: str, screen: Page) -> None:
    """Call a ticket to a room, see it on the screen of the waiting room, take it in and finish it."""
    page = person.page
    expect(screen.locator("main")).not_to_contain_text(ticket)
    person.press("g", "q")
    page.wait_for_url("**/queue")
    person.choose(page.get_by_role("link", name=DEPARTMENT))
    page.wait_for_url("**/queue/boards/*")
    person.look()
    person.reach(page.locator("#board-room"))
    person.type(ROOM)
    person.reach(page.get_by_role("link", name=ticket, exact=True))
    for key, column in (("a", "called"), ("s", "in_service")):
        person.press(key)
        expect(card(page, column, ticket)).to_be_visible()
        if key == "a":
            expect(screen.locator("main")).to_contain_text(ticket)
            expect(screen.locator("main")).to_contain_text(ROOM)
            person.look()
    person.press("f")
    expect(card(page, "in_service", ticket)).to_have_count(0)
    expect(page.locator("#closed")).to_contain_text(ticket)


def card(page: Page, column: str, ticket: str) -> Locator:
    """The ticket in a column of the board."""
    return page.locator(f"#column-{column} .ticket").filter(has_text=ticket)


def export_patients(person: Person, path: Path) -> list[dict[str, str]]:
    """Have the list of patients made as CSV; its rows."""
    page = person.page
    person.press("g", "x")
    page.wait_for_url("**/exports")
    person.look()
    person.press("e")
    page.wait_for_url("**/exports/new*")
    person.look()
    person.choose(page.get_by_role("button", name="Export"))
    page.wait_for_url("**/exports")
    # The newest stands first; others may have made some before.
    download = page.locator(".export").first.get_by_role("link", name="Download")
    expect(download).to_be_visible(timeout=BACKGROUND_MS)
    person.look()
    person.reach(download)
    with page.expect_download() as found:
        person.press("Enter")
    found.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
