"""What crashes, full disks and people who never come back leave behind."""

import os
import resource
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.db import transaction
from clinic.documents.models import Upload, UploadState
from clinic.documents.storage import DiskStorage
from clinic.documents.uploads.jobs import ABANDONED_SECONDS, SETTLED, sweep
from clinic.documents.uploads.receiving import Ticket, finish_file
from clinic.documents.uploads.staging import writing
from tests.browser_client import Browser
from tests.documents.files import PDF, Tus, documents, pdf, stored, uploads
from tests.moved_clock import run_as_believed


def age(session: Session, **values: object) -> None:
    with transaction(session):
        session.execute(update(Upload).values(**values))


def arrive_without_finishing(tus: Tus, session: Session, disk: DiskStorage, *, is_stored: bool) -> str:
    """An upload all of whose bytes are there, as a crash leaves it before, or after, the file was stored."""
    url = str(tus.create(len(PDF)).headers["Location"])
    ticket = Ticket.of(uploads(session)[-1])
    session.rollback()
    with writing(disk, ticket.token) as writer:
        writer.write(PDF)
        writer.flush()
        if is_stored:
            finish_file(disk, writer, ticket, None)
    return url


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_crash_before_the_document_is_finished_by_asking_again(
    tus: Tus, receptionist: Browser, session: Session, disk: DiskStorage, is_stored: bool
) -> None:
    url = arrive_without_finishing(tus, session, disk, is_stored=is_stored)
    assert tus.head(url).headers["Upload-Offset"] == str(len(PDF))
    assert documents(session) == []
    assert "Finish" in receptionist.page(f"/patients/{tus.patient_id}/documents")
    for _ in range(2):
        assert receptionist.post(f"{url}/finish").status_code == 303
    assert [stored(d) for d in documents(session)] == [PDF]


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_crash_before_the_document_is_finished_by_the_clock(
    tus: Tus, session: Session, disk: DiskStorage, is_stored: bool
) -> None:
    arrive_without_finishing(tus, session, disk, is_stored=is_stored)
    run_as_believed(sweep)
    assert documents(session) == []
    age(session, created_at=clock.now() - SETTLED)
    for _ in range(2):
        run_as_believed(sweep)
    assert [stored(d) for d in documents(session)] == [PDF]
    assert list(disk.staging.iterdir()) == []


def test_an_expired_upload_is_removed_with_its_bytes(tus: Tus, session: Session, disk: DiskStorage) -> None:
    tus.patch(tus.create(1000).headers["Location"], 0, PDF[:100])
    age(session, expires_at=clock.now() - timedelta(seconds=1))
    for _ in range(2):
        run_as_believed(sweep)
    assert uploads(session) == []
    assert list(disk.staging.iterdir()) == []


def test_a_document_outlives_its_upload(tus: Tus, session: Session) -> None:
    tus.upload(PDF)
    age(session, expires_at=clock.now() - timedelta(seconds=1))
    run_as_believed(sweep)
    assert uploads(session) == []
    assert [stored(d) for d in documents(session)] == [PDF]


def test_an_undecided_duplicate_expires_and_the_first_file_stays(tus: Tus, session: Session, disk: DiskStorage) -> None:
    tus.upload(PDF)
    tus.upload(PDF)
    assert uploads(session)[1].state == UploadState.DUPLICATE
    age(session, expires_at=clock.now() - timedelta(seconds=1))
    run_as_believed(sweep)
    assert [stored(d) for d in documents(session)] == [PDF]
    assert len(list(disk.root.glob("documents/*/*"))) == 1


def test_an_upload_under_way_is_left_alone(tus: Tus, session: Session) -> None:
    url = tus.create(len(PDF)).headers["Location"]
    tus.patch(url, 0, PDF[:100])
    age(session, created_at=clock.now() - timedelta(days=1))
    run_as_believed(sweep)
    assert tus.patch(url, 100, PDF[100:]).headers["Upload-Outcome"] == "stored"


def test_old_files_that_no_upload_owns_are_removed(tus: Tus, disk: DiskStorage) -> None:
    url = tus.create(1000).headers["Location"]
    for name in ("tmp-left", "upload-unknown", "held-unknown"):
        (disk.staging / name).write_bytes(b"x")
    (disk.staging / "tmp-fresh").write_bytes(b"x")
    old = time.time() - ABANDONED_SECONDS - 1
    for path in disk.staging.iterdir():
        if path.name != "tmp-fresh":
            os.utime(path, (old, old))
    run_as_believed(sweep)
    assert {p.name for p in disk.staging.iterdir()} == {"tmp-fresh", f"upload-{url.rsplit('/', 1)[1]}"}


def test_storage_that_is_down_is_a_clear_message(tus: Tus, disk: DiskStorage, tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("in the way")
    answer = tus.create(1000, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert "storage does not answer" in answer.get_json()["message"]


def test_a_full_disk_is_a_clear_message_and_leaves_no_half_file(tus: Tus, session: Session, disk: DiskStorage) -> None:
    data = pdf(30_000_000)
    url = tus.create(len(data)).headers["Location"]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, hard))
    try:
        answer = tus.patch(url, 0, data, {"Accept": "application/json"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.status_code == 507
    assert "disk is full" in answer.get_json()["message"]
    assert list(disk.staging.iterdir()) == []
    assert tus.head(url).status_code == 410
    assert documents(session) == []
