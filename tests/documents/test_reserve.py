"""The last of a disk is kept for sign-ins and tickets: whatever makes files stops before."""

import io
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import room
from clinic.auth.access import Role
from clinic.documents.storage import current_storage
from clinic.errors import StorageFull
from clinic.exports import jobs as export_jobs
from clinic.exports.models import Export, ExportFailure
from clinic.imports import jobs as import_jobs
from clinic.imports.models import ImportFailure
from clinic.queue.models import QueueEntry
from clinic.room import check_room
from clinic.web.requests import CHECKED_BYTES, MEMORY_BYTES, SealedSpool
from tests.browser_client import Browser
from tests.documents.files import Tus, pdf
from tests.factories import PASSWORD, Factory
from tests.queue.test_check_in import send

MEGABYTE = 1024**2
RULE = "exports, imports and uploads stop while the last 200 MB of the disk are left; sign-ins and tickets go on"


@pytest.fixture
def nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has less than the reserve left: here the reserve is larger than any disk."""
    monkeypatch.setattr(room, "RESERVE_BYTES", 2**62)


def files_in_staging() -> list[Path]:
    return [path for path in current_storage().staging.iterdir() if path.is_file()]


def test_the_reserve_is_what_the_documents_say() -> None:
    assert room.RESERVE_BYTES == 200 * MEGABYTE


@pytest.mark.guards(RULE)
def test_what_makes_files_stops(manager: Browser, make: Factory, nearly_full: None, session: Session) -> None:
    patient = make.patient()
    before = files_in_staging()
    key = {"idempotency_key": "while little room is left"}
    export = manager.post("/exports", key | {"kind": "patients", "columns": ["mrn"], "format": "csv"})
    table = (io.BytesIO(b"family name\nDurand\n"), "patients.csv")
    taken = manager.post("/imports", key | {"file": table, "source": "Old"}, content_type="multipart/form-data")
    upload = Tus(manager, patient).create(1000)
    for answer in (export, taken, upload):
        assert answer.status_code == 507, answer.get_data(as_text=True)[:300]
        assert "kept for sign-ins and tickets" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count(Export.id))) == 0
    assert files_in_staging() == before


@pytest.mark.guards(RULE)
def test_sign_ins_and_tickets_go_on(browser: Browser, make: Factory, nearly_full: None, session: Session) -> None:
    user = make.user(Role.RECEPTIONIST)
    signed_in = browser.post("/auth/sign-in", {"username": user.username, "password": PASSWORD})
    assert signed_in.status_code == 303
    service = make.service(make.department())
    # Signing in gave this browser another token.
    given = browser.sign_in(user).post("/queue/tickets", send(browser, service_id=service.id))
    assert given.status_code == 303, given.get_data(as_text=True)[:500]
    assert session.scalar(select(func.count(QueueEntry.id))) == 1


@pytest.mark.guards("an upload, a form with a file, and a job under way stop too when the disk fills up meanwhile")
def test_what_is_under_way_stops(app: Flask, monkeypatch: pytest.MonkeyPatch, manager: Browser, make: Factory) -> None:
    uploader = Tus(manager, make.patient())
    data = pdf(2 * MEGABYTE)
    url = uploader.create(len(data)).headers["Location"]
    with app.test_request_context():
        spool = SealedSpool()
        spool.write(bytes(MEMORY_BYTES + 1))
        monkeypatch.setattr(room, "RESERVE_BYTES", 2**62)
        with pytest.raises(StorageFull):
            for _ in range(CHECKED_BYTES // MEGABYTE + 1):
                spool.write(bytes(MEGABYTE))
        spool.close()
    assert uploader.patch(url, 0, data[:MEGABYTE]).status_code == 507


@pytest.mark.guards("a job that met a full disk says so, or waits for room; it is no defect")
def test_how_jobs_end() -> None:
    full = StorageFull("nearly full")
    assert export_jobs._failure_of(full) is ExportFailure.STORAGE_FULL
    assert import_jobs._failure_of(full) is ImportFailure.UNAVAILABLE, "it goes on when there is room"


def test_a_bound_that_counts_what_is_needed(tmp_path: Path) -> None:
    check_room(tmp_path)
    with pytest.raises(StorageFull):
        check_room(tmp_path, needed=2**62)
