"""Every edit carries what it was shown and what it changes: what is missing is refused, never taken as empty."""

import datetime as dt
import io
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.db import Base, transaction
from clinic.desk.notes.models import Kind, ShiftNote
from clinic.desk.notes.service import write_note
from clinic.directory.practitioners.service import CredentialDetails
from clinic.documents.models import Document
from clinic.patients.models import PatientAlert, Sex
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.notices.service import add_announcement, set_hours, version_of
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser
from tests.documents.files import PDF
from tests.factories import TESTER, Factory
from tests.page_forms import Sent, sent_by
from tests.patients.records import FULL, register

# Who looks at a page leaves a trace; who is signed in is noted.
TRACES = {"audit_entries", "reading_patients", "user_sessions", "sign_in_failures", "form_drafts"}
NOT_FIELDS = {"csrf_token", "draft_of"}
MARKERS = "shown"


def content(session: Session) -> dict[str, list[Any]]:
    """Every row of every table, sealed values opened."""
    session.rollback()
    session.expire_all()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in TRACES]
    return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}


@pytest.fixture
def boss(browser: Browser, make: Factory) -> Browser:
    """Somebody who may do everything."""
    return browser.sign_in(make.user(*Role))


@pytest.fixture
def ids(boss: Browser, session: Session, make: Factory) -> dict[str, Any]:
    """A clinic with one of everything that can be edited, by the names of the arguments of its views."""
    department = make.department()
    room, service = make.room(department), make.service(department, price_minor=2550, currency="EUR")
    credentials = (CredentialDetails(kind="RPPS", system="https://rpps.esante.gouv.fr", value="10001234567"),)
    practitioner = make.practitioner(specialty="Dermatology", credentials=credentials)
    make.working_hours(practitioner, room=room)
    make.working_hours(room=room)
    full = replace(
        FULL,
        birth_date=dt.date(1982, 3, 14),
        sex=Sex.FEMALE,
        language="fr",
        hide_name=True,
        consent_to_contact=True,
        consent_to_share=False,
        practitioner_id=practitioner.id,
    )
    patient = register(session, full)
    at_desk = make.patient("Bao", "Nguyen")
    make.display(department, privacy=Privacy.INITIALS)
    make.kiosk(department, prints=True)
    today, now = clock.clinic_day(clock.now(), dt.UTC), clock.now()
    appointment = make.appointment(service, patient, soon(9), practitioner=practitioner, room=room, note="By phone")
    boss.post(
        "/appointments/series",
        {
            "patient_id": at_desk.id,
            "service_id": service.id,
            "practitioner_id": practitioner.id,
            "room_id": room.id,
            "every_weeks": 1,
            "ends": "count",
            "count": 3,
            "day": monday().isoformat(),
            "time": "10:00",
            "idempotency_key": "s" * 24,
        },
    )
    files = {"files": [(io.BytesIO(PDF), "a.pdf")], "idempotency_key": "d" * 24}
    boss.post(f"/patients/{patient.id}/documents", {"category": "letter", "documented_on": "2026-11-01", **files})
    boss.post(f"/patients/{patient.id}/alerts", {"text": "Latex", "level": "danger", "idempotency_key": "a" * 24})
    with transaction(session) as write:
        note = write_note(write, kind=Kind.INCIDENT, text="The lift", is_pinned=True, actor=TESTER, now=now)
        hours = {0: [(dt.time(8), dt.time(12))], 4: [(dt.time(9), dt.time(17))]}
        set_hours(write, hours=hours, expected_version=version_of([]), actor=TESTER, now=now)
        line = add_announcement(
            write, text="Closes at noon", starts_on=today, ends_on=None, key=None, actor=TESTER, now=now
        )
        note_id, line_id = note.id, line.id
    ticket = make.ticket(service, at_desk)
    anonymous = make.ticket(service)
    with transaction(session) as write:
        series_id = write.scalar(select(Base.metadata.tables["appointment_series"].c.id))
    return {
        "patient_id": patient.id,
        "other_id": at_desk.id,
        "practitioner_id": practitioner.id,
        "department_id": department.id,
        "room_id": room.id,
        "service_id": service.id,
        "appointment_id": appointment.id,
        "series_id": series_id,
        "note_id": note_id,
        "announcement_id": line_id,
        "entry_id": anonymous.id,
        "visit_id": ticket.visit_id,
        "display_id": session.scalars(select(Display.id)).one(),
        "kiosk_id": session.scalars(select(Kiosk.id)).one(),
        "document_id": session.scalars(select(Document.id)).one(),
        "alert_id": session.scalars(select(PatientAlert.id)).one(),
    }


# Page, action, and whether sending it back untouched does nothing (it is an edit, not a step).
PAGES = [
    ("/patients/{patient_id}/edit", "/patients/{patient_id}/edit", True),
    ("/notes/{note_id}/edit", "/notes/{note_id}", True),
    ("/directory/departments/{department_id}/edit", "/directory/departments/{department_id}", True),
    ("/directory/rooms/{room_id}/edit", "/directory/rooms/{room_id}", True),
    ("/directory/services/{service_id}/edit", "/directory/services/{service_id}", True),
    ("/directory/practitioners/{practitioner_id}/edit", "/directory/practitioners/{practitioner_id}", True),
    ("/queue/displays/{display_id}/edit", "/queue/displays/{display_id}", True),
    ("/queue/kiosk/{kiosk_id}/edit", "/queue/kiosk/{kiosk_id}", True),
    ("/queue/notices", "/queue/notices/hours", True),
    ("/documents/{document_id}/edit", "/documents/{document_id}/edit", True),
    ("/appointments/{appointment_id}/note", "/appointments/{appointment_id}/note", True),
    ("/appointments/{appointment_id}/move", "/appointments/{appointment_id}/move", False),
    ("/appointments/{appointment_id}/cancel", "/appointments/{appointment_id}/cancel", False),
    ("/appointments/series/{series_id}/move", "/appointments/series/{series_id}/move", False),
    ("/appointments/series/{series_id}/cancel", "/appointments/series/{series_id}/cancel", False),
    (
        "/appointments/schedules/practitioners/{practitioner_id}",
        "/appointments/schedules/practitioners/{practitioner_id}",
        False,
    ),
    ("/appointments/schedules/rooms/{room_id}", "/appointments/schedules/rooms/{room_id}", False),
]


def filled(browser: Browser, ids: dict[str, Any], page: str, action: str) -> tuple[str, Sent]:
    address = action.format(**ids)
    return address, sent_by(browser.page(page.format(**ids)), address)


@pytest.mark.guards("an edit form sent back as it was shown changes nothing")
@pytest.mark.parametrize(("page", "action"), [(page, action) for page, action, is_edit in PAGES if is_edit])
def test_nothing_changes_when_nothing_was_changed(
    boss: Browser, session: Session, ids: dict[str, Any], page: str, action: str
) -> None:
    address, sent = filled(boss, ids, page, action)
    before = content(session)
    answer = boss.post(address, sent)
    assert answer.status_code == 303, answer.text
    assert content(session) == before


@pytest.mark.guards("an edit form that lacks a field is refused: a missing field is never an empty one")
@pytest.mark.parametrize(("page", "action"), [(page, action) for page, action, _ in PAGES])
def test_each_field_that_is_missing_is_missed(
    boss: Browser, session: Session, ids: dict[str, Any], page: str, action: str
) -> None:
    address, sent = filled(boss, ids, page, action)
    before = content(session)
    names = {name for name in sent if name not in NOT_FIELDS | {MARKERS}} | set(sent.get(MARKERS, []))
    assert len(names) > 1
    for name in sorted(names):
        without = {key: values for key, values in sent.items() if key != name}
        without[MARKERS] = [marked for marked in sent.get(MARKERS, []) if marked != name]
        answer = boss.post(address, without)
        assert answer.status_code == 422, name
        assert content(session) == before, name


# Views whose whole meaning is their address: a button sends no more than the token.
BUTTONS = {
    "auth.destroy", "auth.revoke", "closing.close_all", "display.seen", "displays.renew", "displays.revoke",
    "documents.void", "exports.cancel", "exports.repeat", "feeds.revoke", "imports.cancel", "imports.resume",
    "jobs.discard", "jobs.discard_export", "jobs.discard_import", "jobs.retry", "jobs.retry_export",
    "jobs.retry_import", "kiosk.seen", "kiosks.renew", "kiosks.revoke", "notes.acknowledge", "notes.reopen",
    "notes.restore", "notices.remove", "patients.dismiss_pair", "patients.remove_photo", "patients.restore_pair",
    "patients.restore_photo", "patients.undo_merge", "queue.check_in_appointment", "queue.close_left_open",
    "queue.move", "queue.undo", "schedules.exceptions.remove", "schedules.exceptions.remove_holiday",
    "series.undo_change", "uploads.discard", "uploads.finish", "uploads.keep", "visits.bring_back", "visits.leave",
    "visits.undo_check_in", "visits.undo_check_out", "waitlist.release", "waitlist.restore", "waitlist.withdraw",
}  # fmt: skip


@pytest.mark.guards("a form of which only the token arrives changes nothing, wherever it is sent")
def test_the_token_alone_changes_nothing(app: Flask, boss: Browser, session: Session, ids: dict[str, Any]) -> None:
    before, changed, seen = content(session), [], 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in BUTTONS:
            continue
        for values in _arguments(rule.endpoint, rule.arguments, ids):
            _, address = rule.build(values) or ("", "")
            boss.post(address)
            seen += 1
            if content(session) != before:
                changed.append(rule.endpoint)
                before = content(session)
    assert not changed
    assert seen > 50


def _arguments(endpoint: str, names: set[str], ids: dict[str, Any]) -> list[dict[str, Any]]:
    """Addresses of rows that there are, as far as there are any."""
    device = ids["kiosk_id"] if endpoint.startswith("kiosks.") else ids["display_id"]
    known = ids | {"device_id": device, "place_id": ids["room_id"], "kind": "rooms", "time_off_kind": "leave"}
    known |= {"owner_kind": "practitioners", "owner_id": ids["practitioner_id"], "step": "confirm"}
    if endpoint.startswith("directory."):
        places = {"departments": "department_id", "rooms": "room_id", "services": "service_id"}
        every = [known | {"kind": kind, "place_id": ids[name]} for kind, name in places.items()]
    else:
        every = [known]
    return [{name: each.get(name, 1) for name in names} for each in every]


@pytest.mark.guards("an edit of what somebody changed meanwhile is refused")
def test_settings_that_changed_meanwhile_are_not_overwritten(
    boss: Browser, session: Session, ids: dict[str, Any]
) -> None:
    for page, action, name in (
        ("/queue/displays/{display_id}/edit", "/queue/displays/{display_id}", "name"),
        ("/queue/kiosk/{kiosk_id}/edit", "/queue/kiosk/{kiosk_id}", "name"),
        ("/queue/notices", "/queue/notices/hours", "day_2"),
    ):
        address, seen = filled(boss, ids, page, action)
        assert boss.post(address, seen | {name: ["9:00-10:00"]}).status_code == 303
        before = content(session)
        refused = boss.post(address, seen | {name: ["11:00-12:00"]})
        assert refused.status_code == 409
        assert "9:00-10:00" in refused.text.replace("09:00", "9:00")
        assert content(session) == before
    assert session.scalars(select(ShiftNote)).all()
