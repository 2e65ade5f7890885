"""The shift log: written, shown on Today until acknowledged, changed with its history, voided with a reason."""

import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.auth.access import Role
from clinic.desk.notes.models import ShiftNote
from tests.browser_client import Browser
from tests.factories import Factory
from tests.page_forms import filled

TEXT = "The lift is out of order until Monday."
KEY = "k" * 24


def write(browser: Browser, text: str = TEXT, **values: str) -> ShiftNote:
    answer = browser.htmx("POST", "/notes", {"text": text, "kind": "note", "idempotency_key": KEY, **values})
    assert answer.status_code == 200
    assert "notes-changed" in answer.headers["HX-Trigger"]
    note = browser.session.scalar(select(ShiftNote).order_by(ShiftNote.id.desc()))
    assert note is not None
    return note


def test_a_note_stands_on_today_until_somebody_acknowledges_it(browser: Browser, make: Factory) -> None:
    browser.sign_in(make.user(name="Ana Early"))
    note = write(browser)
    browser.sign_in(make.user(Role.NURSE, name="Ben Late"))
    assert TEXT in browser.page("/today")
    assert browser.htmx("POST", f"/notes/{note.id}/acknowledge").status_code == 200
    assert TEXT not in browser.page("/today")
    log = browser.page("/notes")
    assert TEXT in log
    assert "Ana Early" in log
    assert "Ben Late" in log


def test_an_acknowledgement_can_be_taken_back(receptionist: Browser) -> None:
    note = write(receptionist)
    answer = receptionist.htmx("POST", f"/notes/{note.id}/acknowledge")
    assert f"/notes/{note.id}/reopen" in answer.text
    receptionist.htmx("POST", f"/notes/{note.id}/reopen")
    assert TEXT in receptionist.page("/today")
    assert receptionist.htmx("POST", f"/notes/{note.id}/reopen").status_code == 409


def test_the_second_to_acknowledge_learns_who_was_first(receptionist: Browser) -> None:
    note = write(receptionist)
    receptionist.htmx("POST", f"/notes/{note.id}/acknowledge")
    answer = receptionist.htmx("POST", f"/notes/{note.id}/acknowledge")
    assert answer.status_code == 409
    assert "Ana Reception acknowledged this note already" in answer.text


def test_a_pinned_note_stays_and_comes_first(receptionist: Browser) -> None:
    pinned = write(receptionist, is_pinned="y")
    write(receptionist, "Something newer", idempotency_key="m" * 24)
    receptionist.htmx("POST", f"/notes/{pinned.id}/acknowledge")
    html = receptionist.page("/today")
    assert html.index(TEXT) < html.index("Something newer")
    assert "acknowledged by Ana Reception" in html


def test_the_same_form_sent_twice_writes_one_note(receptionist: Browser) -> None:
    assert write(receptionist).id == write(receptionist).id


def test_without_a_text_it_says_so_and_keeps_the_kind(receptionist: Browser) -> None:
    answer = receptionist.htmx("POST", "/notes", {"text": " ", "kind": "incident", "idempotency_key": KEY})
    assert answer.status_code == 422
    assert "Write what the next shift must know." in answer.text
    assert re.search(r"checked[^>]*value=\"incident\"|value=\"incident\"[^>]*checked", answer.text)


def test_a_change_is_kept_in_the_history_and_must_be_read_again(receptionist: Browser) -> None:
    note = write(receptionist)
    receptionist.htmx("POST", f"/notes/{note.id}/acknowledge")
    form = filled(receptionist, f"/notes/{note.id}/edit", f"/notes/{note.id}", text="The lift works again.")
    assert receptionist.htmx("POST", f"/notes/{note.id}", form).status_code == 200
    details = receptionist.page(f"/notes/{note.id}")
    assert TEXT in details
    assert "The lift works again." in details
    assert "The lift works again." in receptionist.page("/today")


def test_a_change_of_an_older_version_is_refused_with_what_was_typed(receptionist: Browser) -> None:
    note = write(receptionist)
    form = filled(receptionist, f"/notes/{note.id}/edit", f"/notes/{note.id}", text="Too late")
    receptionist.htmx("POST", f"/notes/{note.id}/acknowledge")
    answer = receptionist.htmx("POST", f"/notes/{note.id}", form)
    assert answer.status_code == 409
    assert "Too late" in answer.text
    assert "Somebody changed this note meanwhile" in answer.text


def test_a_note_is_voided_with_a_reason_and_brought_back(receptionist: Browser) -> None:
    note = write(receptionist)
    assert receptionist.htmx("POST", f"/notes/{note.id}/void", {"reason": ""}).status_code == 422
    answer = receptionist.htmx("POST", f"/notes/{note.id}/void", {"reason": "Wrong building"})
    assert f"/notes/{note.id}/restore" in answer.text
    assert TEXT not in receptionist.page("/today")
    details = receptionist.page(f"/notes/{note.id}")
    assert "Wrong building" in details
    assert receptionist.htmx("POST", f"/notes/{note.id}/acknowledge").status_code == 409
    assert receptionist.htmx("POST", f"/notes/{note.id}/restore").status_code == 200
    assert receptionist.htmx("POST", f"/notes/{note.id}/restore").status_code == 409
    assert TEXT in receptionist.page("/today")


def test_everything_works_without_script(receptionist: Browser) -> None:
    assert "Note for the next shift" in receptionist.page("/notes/new")
    note = write(receptionist)
    for page in (f"/notes/{note.id}/edit", f"/notes/{note.id}/void", "/notes"):
        receptionist.page(page)
    answer = receptionist.post(f"/notes/{note.id}/acknowledge")
    assert (answer.status_code, answer.location) == (303, "/notes")


def test_what_is_written_is_sealed_in_the_database(receptionist: Browser, session: Session) -> None:
    note = write(receptionist)
    receptionist.htmx("POST", f"/notes/{note.id}/void", {"reason": "Wrong building"})
    row = session.execute(text("SELECT text, void_reason FROM shift_notes")).one()
    assert TEXT.encode() not in bytes(row.text)
    assert b"Wrong" not in bytes(row.void_reason)


def test_what_is_typed_is_text_and_nothing_else(receptionist: Browser) -> None:
    write(receptionist, "<img src=x hx-get=/live>")
    assert "<img src=x" not in receptionist.page("/today") + receptionist.page("/notes")


def test_a_long_log_is_read_page_by_page(receptionist: Browser) -> None:
    for number in range(52):
        write(receptionist, f"Note {number}", idempotency_key=f"{number:024d}")
    assert "and 47 more in the shift log" in receptionist.page("/today")
    first = receptionist.page("/notes")
    assert "Note 51" in first
    following = re.search(r'href="(/notes\?after=[\w-]+)"', first)
    assert following
    second = receptionist.page(following[1])
    assert "Note 0" in second
    assert "Note 51" not in second


@pytest.mark.parametrize("path", ["/notes/77", "/notes/77/edit", "/notes/77/void"])
def test_a_note_that_is_not_there(receptionist: Browser, path: str) -> None:
    assert receptionist.get(path).status_code == 404
