"""Exports made by a worker, on a database of their own."""

import csv
import datetime as dt
import hashlib
import io
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.db import db, transaction
from clinic.documents.storage import current_storage
from clinic.errors import Conflict
from clinic.exports import jobs, service
from clinic.exports.files import rows
from clinic.exports.models import Delimiter, Export, ExportFailure, ExportFormat, ExportKind, ExportState
from clinic.queueing import redis_client
from clinic.tasks import service as tasks
from tests.exports.conftest import Clinic
from tests.factories import NOW
from tests.moved_clock import run_as_believed


def table(content: bytes, **options: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True, **options))


def test_a_worker_makes_the_file_and_says_what_is_in_it(clinic: Clinic) -> None:
    clinic.add_patients(clinic.patient(1), clinic.patient(2))
    export_id = clinic.request()
    clinic.work()
    export, content = clinic.export(export_id), clinic.content(export_id)
    assert table(content) == [["MRN", "Family name"], ["M00001", "Family1"], ["M00002", "Family2"]]
    assert (export.state, export.rows_done, export.rows_total) == (ExportState.FINISHED, 2, 2)
    assert (export.size, export.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert export.filename is not None
    assert export.filename.startswith("patients-")
    assert export.expires_at is not None
    assert export.expires_at - clock.now() > dt.timedelta(days=6)


def test_every_column_of_a_patient(clinic: Clinic) -> None:
    telecoms = [
        {"system": "email", "value": "ana@example.org", "typed": "ana@example.org", "use": "home"},
        {"system": "phone", "value": "+33612345678", "typed": "06 12 34 56 78", "use": "mobile"},
    ]
    address = {"lines": ["1 rue A", "Apt 2"], "city": "Lyon", "postal_code": "69001", "country": "FR", "use": "home"}
    contacts = [{"name": "Bo", "relationship": "brother", "phone": "+33600000000"}, {"name": "Cy"}]
    values = {"telecoms": telecoms, "addresses": [address], "contacts": contacts, "notes": "=a note"}
    seen = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    clinic.add_patients(clinic.patient(1, consent_to_share=False, last_visit_at=seen, **values))
    export_id = clinic.request(ExportKind.PATIENTS, *(c.key for c in jobs.DATASETS[ExportKind.PATIENTS].columns))
    clinic.work()
    header, row = table(clinic.content(export_id))
    found = dict(zip(header, row, strict=True))
    assert found["E-mail"] == "ana@example.org"
    assert found["Phone"] == "+33612345678"
    assert [found[name] for name in ("Address", "Postal code", "City")] == ["1 rue A, Apt 2", "69001", "Lyon"]
    assert found["Next of kin"] == "Bo brother +33600000000; Cy"
    assert found["Notes"] == "'=a note"
    assert [found[name] for name in ("May be contacted", "May be shared", "Active")] == ["", "no", "yes"]
    assert [found[name] for name in ("Last visit", "Registered")] == ["2026-07-02 00:30:00", "2026-11-20 10:30:00"]


@pytest.mark.parametrize(
    ("precision", "shown"), [("day", "1982-03-14"), ("month", "1982-03"), ("year", "1982"), ("estimated", "1982")]
)
def test_a_birth_date_says_only_what_is_known(clinic: Clinic, precision: str, shown: str) -> None:
    clinic.add_patients(clinic.patient(1, birth_precision=precision))
    export_id = clinic.request(ExportKind.PATIENTS, "birth_date")
    clinic.work()
    assert table(clinic.content(export_id))[1] == [shown]


def test_delimiter_and_byte_order_mark_are_as_asked(clinic: Clinic) -> None:
    clinic.add_patients(clinic.patient(1))
    export_id = clinic.request(delimiter=Delimiter.SEMICOLON, has_bom=True)
    clinic.work()
    assert clinic.content(export_id).startswith(b"\xef\xbb\xbfMRN;Family name\r\n")


def test_an_excel_file_opens(clinic: Clinic) -> None:
    clinic.add_patients(clinic.patient(1))
    export_id = clinic.request(ExportKind.PATIENTS, "mrn", "birth_date", format=ExportFormat.XLSX)
    clinic.work()
    sheet = load_workbook(io.BytesIO(clinic.content(export_id)))["Patients"]
    assert [[cell.value for cell in row] for row in sheet] == [
        ["MRN", "Birth date"],
        ["M00001", dt.datetime(1982, 3, 14)],
    ]


def test_the_audit_log_is_exported_with_what_changed(clinic: Clinic) -> None:
    clinic.request()
    export_id = clinic.request(ExportKind.AUDIT, "seq", "action", "after", filters={"action": "exports.request"})
    clinic.work()
    found = table(clinic.content(export_id))
    assert {row[1] for row in found[1:]} == {"exports.request"}
    assert '"family_name"' in found[-1][2] + found[1][2]


def test_who_asked_and_what_came_out_is_audited(clinic: Clinic) -> None:
    export_id = clinic.request()
    clinic.work()
    query = select(AuditEntry).where(AuditEntry.entity == "export", AuditEntry.entity_id == export_id)
    request, finish = clinic.session.scalars(query.order_by(AuditEntry.seq))
    assert (request.action, request.actor_id) == ("exports.request", clinic.manager.id)
    assert request.after["columns"] == ["mrn", "family_name"]
    assert (finish.action, finish.after["rows"]) == ("exports.finish", 0)


def test_rows_added_while_the_file_is_made_are_not_in_it(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0)
    clinic.add_patients(*(clinic.patient(i) for i in range(1, 6)))
    export_id = clinic.request()

    def register_another(number: int) -> None:
        if number == 2:
            with transaction() as session:
                session.add(clinic.patient(99))
                session.execute(select(func.count(Export.id)))

    _between_batches(monkeypatch, register_another)
    clinic.work()
    assert [row[0] for row in table(clinic.content(export_id))[1:]] == [f"M0000{i}" for i in range(1, 6)]
    assert clinic.export(export_id).rows_total == 5


def _between_batches(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something else after each batch, as another process would."""
    report = jobs._Progress.__call__

    def report_and_act(self: Any, number: int, total: int) -> None:
        report(self, number, total)
        act(number)

    monkeypatch.setattr(jobs._Progress, "__call__", report_and_act)


def test_cancelling_stops_the_worker_and_leaves_no_file(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 1)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0)
    clinic.add_patients(*(clinic.patient(i) for i in range(1, 5)))
    export_id = clinic.request()
    reached, staged = [], set(current_storage().staging.glob("tmp-*"))

    def cancel(number: int) -> None:
        reached.append(number)
        if number == 2:
            with transaction() as session:
                service.cancel_export(session, export_id=export_id, actor=clinic.manager, now=clock.now())

    _between_batches(monkeypatch, cancel)
    clinic.work()
    export = clinic.export(export_id)
    assert (export.state, reached) == (ExportState.CANCELLED, [0, 1, 2])
    assert export.stored_as is not None
    assert not current_storage().exists(export.stored_as)
    assert set(current_storage().staging.glob("tmp-*")) <= staged


def test_a_waiting_export_that_is_cancelled_is_never_made(clinic: Clinic) -> None:
    export_id = clinic.request()
    with transaction(clinic.session) as session:
        service.cancel_export(session, export_id=export_id, actor=clinic.manager, now=clock.now())
    clinic.work()
    assert clinic.export(export_id).state is ExportState.CANCELLED


def test_cancelling_at_the_last_moment_leaves_no_file(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    export_id = clinic.request()
    make_file = jobs._make_file

    def make_and_cancel(task: service.Task) -> service.Made:
        made = make_file(task)
        with transaction() as session:
            service.cancel_export(session, export_id=export_id, actor=clinic.manager, now=clock.now())
        return made

    monkeypatch.setattr(jobs, "_make_file", make_and_cancel)
    clinic.work()
    export = clinic.export(export_id)
    assert export.state is ExportState.CANCELLED
    assert not current_storage().exists(str(export.stored_as))


def test_a_finished_export_can_be_neither_cancelled_nor_repeated(clinic: Clinic) -> None:
    export_id = clinic.request()
    clinic.work()
    for change in (service.cancel_export, service.repeat_export):
        with pytest.raises(Conflict), transaction(clinic.session) as session:
            change(session, export_id=export_id, actor=clinic.manager, now=clock.now())


def test_the_same_job_run_twice_makes_one_file(clinic: Clinic) -> None:
    export_id = clinic.request()
    clinic.work()
    before = clinic.export(export_id).stored_as
    jobs.run(export_id, 1)
    assert clinic.export(export_id).stored_as == before
    assert clinic.export(export_id).tries == 1


def test_a_cancelled_export_can_be_made_after_all(clinic: Clinic) -> None:
    export_id = clinic.request()
    with transaction(clinic.session) as session:
        service.cancel_export(session, export_id=export_id, actor=clinic.manager, now=clock.now())
    with transaction(clinic.session) as session:
        service.repeat_export(session, export_id=export_id, actor=clinic.manager, now=clock.now())
    clinic.work()
    assert clinic.export(export_id).state is ExportState.FINISHED


def test_damaged_data_fails_with_a_reason_and_is_not_tried_again(clinic: Clinic) -> None:
    clinic.add_patients(clinic.patient(1))
    with transaction(clinic.session) as session:
        session.connection().exec_driver_sql(
            "UPDATE patients SET telecoms = addresses"  # sealed for another column
        )
    export_id = clinic.request(ExportKind.PATIENTS, "phone")
    clinic.work()
    export = clinic.export(export_id)
    assert (export.state, export.failure) == (ExportState.FAILED, ExportFailure.DAMAGED)
    assert not current_storage().exists(str(export.stored_as))


def reconcile(clinic: Clinic, now: dt.datetime) -> None:
    with transaction(clinic.session) as session:
        tasks.reconcile(session, service.KIND, now)


def test_an_export_whose_job_vanished_with_redis_is_handed_on(clinic: Clinic) -> None:
    export_id = clinic.request()
    redis_client().flushdb()
    now = clock.now()
    reconcile(clinic, now + tasks.PATIENCE / 2)
    assert clinic.export(export_id).attempt == 1, "a job may take a moment to begin"
    reconcile(clinic, now + 2 * tasks.PATIENCE)
    reconcile(clinic, now + 2 * tasks.PATIENCE)
    assert clinic.export(export_id).attempt == 2
    clinic.work()
    assert clinic.export(export_id).state is ExportState.FINISHED


def test_an_export_that_kills_every_worker_is_given_up(clinic: Clinic) -> None:
    export_id = clinic.request()
    for minutes in range(service.KIND.max_tries, 0, -1):
        silent = clock.now() - dt.timedelta(minutes=minutes)
        with transaction(clinic.session) as session:
            assert service.claim_export(session, export_id=export_id, attempt=1, now=silent)
    with transaction(clinic.session) as session:
        assert service.claim_export(session, export_id=export_id, attempt=1, now=clock.now()) is None
    export = clinic.export(export_id)
    assert (export.state, export.failure) == (ExportState.FAILED, ExportFailure.WORKER_LOST)


def test_a_worker_that_was_replaced_writes_nothing(clinic: Clinic) -> None:
    export_id = clinic.request()
    silent = clock.now() - dt.timedelta(minutes=1)
    with transaction(clinic.session) as session:
        old = service.claim_export(session, export_id=export_id, attempt=1, now=silent)
    with transaction(clinic.session) as session:
        new = service.claim_export(session, export_id=export_id, attempt=1, now=clock.now())
    assert old is not None
    assert new is not None
    assert new.obsolete == old.stored_as != new.stored_as
    made = service.Made(1, 1, "0" * 64, "x.csv")
    with transaction(clinic.session) as session:
        assert not service.note_progress(session, old, rows=1, total=1, now=clock.now())
        assert not service.finish_export(session, old, made=made, expires_at=NOW, now=clock.now())
        assert service.note_progress(session, new, rows=7, total=9, now=clock.now())
    assert clinic.export(export_id).rows_done == 7


def test_a_full_disk_is_a_reason(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _data: bytes) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "_Digesting", lambda _sink: Full())
    export_id = clinic.request()
    clinic.work()
    assert clinic.export(export_id).failure is ExportFailure.STORAGE_FULL


def test_a_passing_trouble_is_tried_again(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_sink: Any) -> Any:
        raise ConnectionResetError

    export_id = clinic.request()
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_Digesting", broken)
        clinic.work()
    export = clinic.export(export_id)
    assert (export.state, export.failure, export.attempt) == (ExportState.QUEUED, ExportFailure.UNAVAILABLE, 1)
    jobs.run(export_id, 1)
    assert clinic.export(export_id).state is ExportState.FINISHED


def test_files_are_deleted_when_their_time_is_over(clinic: Clinic) -> None:
    export_id = clinic.request()
    clinic.work()
    run_as_believed(jobs.clean_up)
    name = str(clinic.export(export_id).stored_as)
    assert current_storage().exists(name)
    with transaction(clinic.session) as session:
        session.get_one(Export, export_id).expires_at = clock.now()
    run_as_believed(jobs.clean_up)
    run_as_believed(jobs.clean_up)
    export = clinic.export(export_id)
    assert (export.state, export.stored_as) == (ExportState.EXPIRED, None)
    assert not current_storage().exists(name)


def test_the_connection_of_a_snapshot_is_not_used_again(clinic: Clinic) -> None:
    before = db.engine.pool.checkedout()  # type: ignore[attr-defined]
    with rows.snapshot(db.engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    assert db.engine.pool.checkedout() == before  # type: ignore[attr-defined]
    if db.engine.dialect.name != "postgresql":
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA mmap_size").scalar() != 0
