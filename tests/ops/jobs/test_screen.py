"""The screen of background work: what waits, who works, what failed and why."""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import RedisError
from rq import SimpleWorker, Worker
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock, queueing
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.config import Settings
from clinic.db import transaction
from clinic.exports import service
from clinic.exports.models import Export, ExportFailure, ExportFormat, ExportKind, ExportState
from clinic.exports.service import Wanted
from clinic.imports.models import Import, ImportFailure, ImportKind, ImportState
from clinic.ops.worker import ClinicWorker
from clinic.queueing import enqueue, job_queue, redis_client
from tests.browser_client import Browser
from tests.factories import NOW, Factory

SCREEN = "/ops/jobs"


def fail() -> None:
    """A job with a defect; its message must not be shown."""
    raise ValueError("Ana Benali, born 1982")


class InProcess(SimpleWorker, ClinicWorker):  # type: ignore[misc]
    """Our worker, without a child process for each job."""


@pytest.fixture
def failed_job(app: Flask) -> Iterator[str]:
    """The id of a job that failed for good."""
    queue = job_queue()
    queue.empty()
    enqueue("tests.ops.jobs.test_screen.fail", job_id="failing")
    InProcess("default", app).work(burst=True, logging_level="CRITICAL")
    yield "failing"
    redis_client().flushdb()


@pytest.fixture
def failed_export(session: Session) -> Export:
    with transaction(session) as write:
        export = Export(kind=ExportKind.PATIENTS, format=ExportFormat.CSV, columns=["mrn"], filters={}, filter_words=[])
        export.requested_at = NOW
        export.queued_at, export.state, export.failure = NOW, ExportState.FAILED, ExportFailure.STORAGE_FULL
        export.request_id, export.finished_at = "request-12345678", NOW
        write.add(export)
    return export


@pytest.fixture
def failed_import(session: Session) -> Import:
    with transaction(session) as write:
        row = Import(kind=ImportKind.CSV_PATIENTS, source="old", filename="a.csv", stored_as="imports/1", size=1)
        row.sha256, row.requested_at, row.lines_total = "ab" * 32, NOW, 1
        row.state, row.failure = ImportState.FAILED, ImportFailure.DEFECT
        write.add(row)
    return row


def test_an_idle_server_says_that_nothing_failed(manager: Browser) -> None:
    html = manager.page(SCREEN)
    assert "Nothing failed" in html
    assert all(name in html for name in ("Short jobs", "Exports", "Imports"))
    assert "No worker runs" in html


@pytest.mark.guards("the screen of jobs says which queue has no worker")
def test_a_queue_without_a_worker_is_named(manager: Browser) -> None:
    redis_client().flushdb()
    Worker(["default"], connection=redis_client()).register_birth()
    html = manager.page(SCREEN)
    redis_client().flushdb()
    assert html.count("No worker of this queue was seen") == 2
    assert "No worker runs" not in html


def test_a_failed_job_is_shown_without_patient_data(manager: Browser, failed_job: str) -> None:
    html = manager.page(SCREEN)
    assert "tests.ops.jobs.test_screen.fail" in html
    assert "ValueError" in html
    assert "1982" not in html


def test_a_failed_job_is_tried_again_and_audited(manager: Browser, session: Session, failed_job: str) -> None:
    assert manager.post(f"{SCREEN}/{failed_job}/retry").status_code == 303
    assert failed_job in job_queue().job_ids
    assert "Nothing failed" in manager.page(SCREEN)
    entry = session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert entry is not None
    assert (entry.action, entry.after["job"]) == ("ops.retry_job", failed_job)
    assert manager.post(f"{SCREEN}/{failed_job}/retry").status_code == 404


def test_a_discarded_job_is_gone(manager: Browser, failed_job: str) -> None:
    assert manager.post(f"{SCREEN}/{failed_job}/discard").status_code == 303
    assert "Nothing failed" in manager.page(SCREEN)
    assert manager.post(f"{SCREEN}/{failed_job}/discard").status_code == 404


def test_a_failed_export_is_named_explained_and_made_again(
    manager: Browser, session: Session, failed_export: Export
) -> None:
    html = manager.page(SCREEN)
    assert f"Export {failed_export.id}: Patients" in html
    assert "disk is full" in html
    assert "request-1234" in html
    assert manager.post(f"{SCREEN}/exports/{failed_export.id}/retry").status_code == 303
    session.refresh(failed_export)
    assert failed_export.state is ExportState.QUEUED
    assert manager.post(f"{SCREEN}/exports/{failed_export.id}/retry").status_code == 409


def test_a_failed_export_is_discarded_but_kept(manager: Browser, session: Session, failed_export: Export) -> None:
    assert manager.post(f"{SCREEN}/exports/{failed_export.id}/discard").status_code == 303
    session.refresh(failed_export)
    assert failed_export.state is ExportState.CANCELLED
    assert "Nothing failed" in manager.page(SCREEN)
    assert manager.post(f"{SCREEN}/exports/{failed_export.id}/discard").status_code == 409


def test_a_failed_import_goes_on_or_rests(manager: Browser, session: Session, failed_import: Import) -> None:
    assert f"Import {failed_import.id}: Patients (CSV)" in manager.page(SCREEN)
    assert manager.post(f"{SCREEN}/imports/{failed_import.id}/discard").status_code == 303
    session.refresh(failed_import)
    assert failed_import.state is ImportState.CANCELLED
    with transaction(session):
        failed_import.state = ImportState.FAILED
    assert manager.post(f"{SCREEN}/imports/{failed_import.id}/retry").status_code == 303
    session.refresh(failed_import)
    assert failed_import.state is ImportState.QUEUED


def test_a_receptionist_sees_none_of_it(receptionist: Browser, failed_job: str) -> None:
    assert receptionist.get(SCREEN).status_code == 403
    for step in (f"{failed_job}/retry", f"{failed_job}/discard", "exports/1/retry", "imports/1/discard"):
        assert receptionist.post(f"{SCREEN}/{step}").status_code == 403


@pytest.fixture
def redis_down(settings: Settings) -> Iterator[None]:
    queueing.connect("unix:///nowhere/redis.sock")
    with pytest.raises(RedisError):
        redis_client().ping()
    yield
    queueing.connect(settings.redis_url)


def test_without_redis_the_screen_says_so_and_shows_what_the_database_knows(
    manager: Browser, failed_export: Export, redis_down: None
) -> None:
    html = manager.page(SCREEN)
    assert "does not answer" in html
    assert f"Export {failed_export.id}: Patients" in html
    assert manager.post(f"{SCREEN}/some-job/retry").status_code == 503


def test_an_export_asked_for_while_redis_is_down_waits_for_it(
    make: Factory, session: Session, redis_down: None
) -> None:
    user = make.user(Role.MANAGER)
    with transaction(session) as write:
        wanted = Wanted(ExportKind.PATIENTS, ["mrn"], {})
        export = service.request_export(write, wanted=wanted, actor=user, now=clock.now() - dt.timedelta(hours=1))
    assert export.state is ExportState.QUEUED
