"""The screens of exports."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.documents.storage import current_storage
from clinic.exports import service
from clinic.exports.models import Export, ExportFailure, ExportKind, ExportState
from clinic.exports.service import Made, Wanted
from clinic.tasks import service as tasks
from tests.browser_client import Browser
from tests.factories import Factory

FORM = {"kind": "patients", "columns": ["mrn", "family_name"], "format": "csv", "delimiter": "comma"}
KEY = "0123456789abcdef0123"


def sent(**changes: Any) -> dict[str, Any]:
    return {**FORM, "idempotency_key": KEY, **changes}


def latest(session: Session) -> Export | None:
    return session.scalar(select(Export).order_by(Export.id.desc()).limit(1))


@pytest.fixture
def others(make: Factory, session: Session) -> Export:
    """An export of somebody else, a manager."""
    owner = make.user(Role.MANAGER, name="Mona Manager")
    with transaction(session) as write:
        wanted = Wanted(ExportKind.PATIENTS, ["mrn"], {})
        return service.request_export(write, wanted=wanted, actor=owner, now=clock.now())


def finish(session: Session, export: Export, content: bytes = b"MRN\r\nM1\r\n") -> None:
    """What a worker does."""
    with transaction(session) as write:
        task = service.claim_export(write, export_id=export.id, attempt=export.attempt, now=clock.now())
    assert task is not None
    current_storage().delete(task.stored_as)
    with current_storage().create_sealed(task.stored_as, task.stored_as) as file:
        file.write(content)
    made = Made(1, len(content), "ab" * 32, "patients-2026-11-20.csv")
    with transaction(session) as write:
        later = clock.now().replace(year=2099)
        assert service.finish_export(write, task, made=made, expires_at=later, now=clock.now())


def test_the_list_says_that_there_is_nothing_yet(receptionist: Browser) -> None:
    assert "No export yet" in receptionist.page("/exports")


@pytest.mark.parametrize("kind", ["patients", "queue_entries", "visits"])
def test_the_form_offers_columns_and_files(receptionist: Browser, kind: str) -> None:
    html = receptionist.page(f"/exports/new?kind={kind}")
    assert 'value="xlsx"' in html
    assert "Audit log" not in html


def test_a_manager_may_export_the_audit_log(manager: Browser) -> None:
    assert "Digest" in manager.page("/exports/new?kind=audit")


def test_asking_for_an_export_lists_it(receptionist: Browser, session: Session) -> None:
    assert receptionist.post("/exports", sent()).status_code == 303
    export = latest(session)
    assert export is not None
    assert (export.columns, export.state) == (["mrn", "family_name"], ExportState.QUEUED)
    html = receptionist.page("/exports")
    assert "Waits for its turn" in html
    assert f"jobs:export:{export.id}" in html


def test_sending_the_form_twice_makes_one_export(receptionist: Browser, session: Session) -> None:
    receptionist.post("/exports", sent())
    receptionist.post("/exports", sent())
    assert len(session.scalars(select(Export)).all()) == 1


def test_filters_are_kept_sealed_and_shown_in_words(manager: Browser, session: Session) -> None:
    manager.post("/exports", sent(kind="audit", columns=["seq"], since="2026-11-01"))
    export = latest(session)
    assert export is not None
    assert export.filters == {"since": "2026-11-01"}
    assert "From: 1 Nov 2026" in manager.page("/exports")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"columns": []}, "Choose at least one column."),
        ({"columns": ["password_hash"]}, "not a valid choice"),
        ({"format": "exe"}, "Not a valid choice"),
        ({"delimiter": "|"}, "Not a valid choice"),
        ({"idempotency_key": "short"}, "expired"),
    ],
)
def test_bad_input_is_refused_beside_its_field(receptionist: Browser, wrong: dict[str, Any], message: str) -> None:
    answer = receptionist.post("/exports", sent(**wrong))
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)


def test_a_refused_form_keeps_what_was_chosen(manager: Browser, session: Session) -> None:
    days = {"since": "2026-11-20", "until": "2026-11-01"}
    answer = manager.post("/exports", sent(kind="queue_entries", columns=["ticket"], delimiter="tab", **days))
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="2026-11-20"' in html
    assert "last day must not be before the first" in html
    assert latest(session) is None


@pytest.mark.parametrize("kind", ["audit", "users"])
def test_what_one_may_not_see_one_may_not_export(receptionist: Browser, session: Session, kind: str) -> None:
    assert receptionist.get(f"/exports/new?kind={kind}").status_code == 404
    assert receptionist.post("/exports", sent(kind=kind, columns=["seq"])).status_code == 404
    assert latest(session) is None


def test_a_role_without_exports_is_refused(cashier: Browser) -> None:
    for url in ("/exports", "/exports/new", "/exports/1/file"):
        assert cashier.get(url).status_code == 403
    for url in ("/exports", "/exports/estimate", "/exports/1/cancel", "/exports/1/repeat"):
        assert cashier.post(url).status_code == 403


def test_the_estimate_counts_rows_and_columns(manager: Browser) -> None:
    answer = manager.htmx("POST", "/exports/estimate", {"kind": "queue_entries", "columns": ["day", "ticket"]})
    assert "0 rows × 2 columns" in answer.get_data(as_text=True)


def test_others_exports_are_hidden_from_a_receptionist(receptionist: Browser, session: Session, others: Export) -> None:
    finish(session, others)
    assert "No export yet" in receptionist.page("/exports")
    for url in (f"/exports/{others.id}", f"/exports/{others.id}/file"):
        assert receptionist.get(url).status_code == 404
    assert receptionist.post(f"/exports/{others.id}/cancel").status_code == 404


def test_a_manager_sees_and_cancels_everyones(manager: Browser, session: Session, others: Export) -> None:
    assert "Mona Manager" in manager.page("/exports")
    answer = manager.htmx("POST", f"/exports/{others.id}/cancel")
    assert answer.status_code == 200
    assert "Cancelled" in answer.get_data(as_text=True)
    again = manager.htmx("POST", f"/exports/{others.id}/cancel")
    assert again.status_code == 409
    assert "Make it again" in again.get_data(as_text=True)
    assert manager.htmx("POST", f"/exports/{others.id}/repeat").status_code == 200
    session.refresh(others)
    assert (others.state, others.attempt) == (ExportState.QUEUED, 2)


def test_a_download_is_whole_named_and_audited(manager: Browser, session: Session, others: Export) -> None:
    finish(session, others)
    html = manager.page("/exports")
    assert "ab" * 32 in html
    answer = manager.get(f"/exports/{others.id}/file")
    assert answer.data == b"MRN\r\nM1\r\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="patients-2026-11-20.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_length == 9
    entry = session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert entry is not None
    assert (entry.action, entry.entity_id, entry.after["rows"]) == ("exports.download", others.id, 1)


def test_a_broken_download_goes_on_where_it_ended(manager: Browser, session: Session, others: Export) -> None:
    finish(session, others)
    url = f"/exports/{others.id}/file"
    rest = manager.get(url, headers={"Range": "bytes=5-", "If-Range": f'"{"ab" * 32}"'})
    assert (rest.status_code, rest.data, rest.headers["Content-Range"]) == (206, b"M1\r\n", "bytes 5-8/9")
    assert manager.get(url, headers={"Range": "bytes=99-"}).status_code == 416
    assert manager.get(url, headers={"Range": "bytes=5-", "If-Range": '"another"'}).data == b"MRN\r\nM1\r\n"
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "exports.download")).all()
    assert len(entries) == 3


def test_an_unfinished_or_expired_export_has_no_file(manager: Browser, session: Session, others: Export) -> None:
    assert manager.get(f"/exports/{others.id}/file").status_code == 404
    finish(session, others)
    with transaction(session):
        others.expires_at = clock.now()
    assert manager.get(f"/exports/{others.id}/file").status_code == 404


def test_progress_is_told_in_rows_rate_and_time(manager: Browser, session: Session, others: Export) -> None:
    started = clock.now()
    with transaction(session) as write:
        task = service.claim_export(write, export_id=others.id, attempt=1, now=started)
    assert task is not None
    with transaction(session) as write:
        later = started + dt.timedelta(seconds=4)
        assert service.note_progress(write, task, rows=400_000, total=1_000_000, now=later)
    html = manager.htmx("GET", f"/exports/{others.id}").get_data(as_text=True)
    assert "400,000 of 1,000,000 rows, 100,000 a second, 6 s left" in html
    assert '<progress id="export-' in html


def test_a_failure_says_why_without_patient_data(manager: Browser, session: Session, others: Export) -> None:
    with transaction(session) as write:
        task = service.claim_export(write, export_id=others.id, attempt=1, now=clock.now())
    assert task is not None
    with transaction(session) as write:
        tasks.fail(write, service.KIND, task, failure=ExportFailure.STORAGE_FULL, is_final=True, now=clock.now())
    html = manager.page(f"/exports/{others.id}")
    assert "disk is full." in html
    assert "Make it again" in html


def test_without_script_buttons_lead_back_to_the_list(manager: Browser, others: Export) -> None:
    answer = manager.post(f"/exports/{others.id}/cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exports")
