"""The life of an import: what it writes, how it stops and goes on."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from clinic import clock, crypto
from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.directory.models import Practitioner
from clinic.documents.storage import current_storage
from clinic.errors import Conflict
from clinic.imports import jobs, service
from clinic.imports.models import Import, ImportFailure, ImportOrigin, ImportState
from clinic.imports.queries import get_import
from clinic.patients import service as patients
from clinic.patients.details import details_of
from clinic.patients.models import BirthPrecision, Patient
from clinic.queueing import job_queue
from clinic.tasks import service as tasks
from tests.factories import TESTER
from tests.imports.conftest import Importer, ndjson, person
from tests.moved_clock import run_as_believed


def only_patient(session: Session) -> Patient:
    return session.scalars(select(Patient)).one()


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_patient_is_registered_with_an_mrn_and_found_by_search(importer: Importer, session: Session) -> None:
    done = importer.run(ndjson(person()))
    assert (done.state, done.created, done.percent) == (ImportState.FINISHED, 1, 100)
    patient = only_patient(session)
    assert patient.mrn.startswith("0")
    assert patient.display_name == "Ana María Family1"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.patient_id == patient.id)).one()
    assert (entry.action, entry.actor_id) == ("patients.register", importer.manager.id)


def test_a_changed_resource_updates_what_it_speaks_of_and_says_so_in_the_log(
    importer: Importer, session: Session
) -> None:
    importer.run(ndjson(person()))
    done = importer.run(ndjson(person(birthDate="1982-03", active=False)))
    assert (done.updated, done.created, done.unchanged) == (1, 0, 0)
    patient = only_patient(session)
    assert (patient.birth_date, patient.birth_precision) == (dt.date(1982, 3, 1), BirthPrecision.MONTH)
    assert not patient.is_active
    again = importer.run(ndjson(person(birthDate="1982-03", active=True)))
    assert again.updated == 1
    assert only_patient(session).is_active
    assert importer.run(ndjson(person(birthDate="1982-03", active=True))).unchanged == 1


def test_what_was_changed_here_is_not_overwritten(importer: Importer, session: Session) -> None:
    importer.run(ndjson(person()))
    patient = only_patient(session)
    with transaction(session):
        patients.update_patient(
            session,
            patient_id=patient.id,
            details=replace(details_of(patient), given_name="Anna"),
            expected_version=None,
            actor=TESTER,
            now=clock.now(),
        )
    done = importer.run(ndjson(person(gender="male")))
    assert done.refused == 1
    assert "changed here since the last import" in importer.refusals(done)[1]
    assert only_patient(session).given_name == "Anna"
    assert importer.run(ndjson(person())).unchanged == 1


def test_the_same_key_of_another_source_is_another_person(importer: Importer, session: Session) -> None:
    importer.run(ndjson(person()), source="A")
    assert importer.run(ndjson(person()), source="B").created == 1
    assert count(session, Patient) == 2


def test_a_record_twice_in_one_file_is_taken_once(
    importer: Importer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = ndjson(person(1), person(1), person(2), person(1, gender="male"))
    monkeypatch.setattr(jobs, "BATCH_ROWS", 2)
    done = importer.run(content)
    assert (done.created, done.refused) == (2, 2)
    assert importer.refusals(done).keys() == {2, 4}
    again = importer.run(content)
    assert (again.created, again.unchanged, again.refused) == (0, 2, 2)


def test_patients_are_linked_to_practitioners_of_the_same_source(importer: Importer, session: Session) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "House"}]}
    content = ndjson(person(generalPractitioner=[{"reference": "Practitioner/d1"}]))
    importer.run(content)
    assert only_patient(session).practitioner_id is None
    importer.run(ndjson(doctor))
    assert importer.run(content).updated == 1
    assert only_patient(session).practitioner_id == session.scalars(select(Practitioner.id)).one()


def test_practitioners_follow_the_same_rules(importer: Importer, session: Session) -> None:
    def doctor(**values: Any) -> dict[str, Any]:
        npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "9999992198"}
        return {"resourceType": "Practitioner", "id": "d1", "identifier": [npi], "name": [{"family": "House"}]} | values

    importer.run(ndjson(doctor()))
    assert importer.run(ndjson(doctor())).unchanged == 1
    assert importer.run(ndjson(doctor(active=False))).updated == 1
    assert not session.scalars(select(Practitioner)).one().is_active
    stolen = importer.run(ndjson(doctor(id="d2"), doctor(id="d3", identifier=[], name=[])))
    assert stolen.refused == 2
    assert "NPI 9999992198 belongs to House" in importer.refusals(stolen)[1]
    assert "needs a name" in importer.refusals(stolen)[2]


def test_a_killed_worker_goes_on_behind_the_last_batch_and_doubles_nothing(
    importer: Importer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH_ROWS", 10)
    row = importer.start(importer.upload(ndjson(*[person(n) for n in range(35)], "broken")))
    written, write_rows = [], service.write_rows

    def dies(*args: Any, **values: Any) -> bool:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(1)
        return write_rows(*args, **values)

    monkeypatch.setattr(service, "write_rows", dies)
    monkeypatch.setattr(jobs._Outcome, "__exit__", lambda *_args: None)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(row.id, row.attempt)
    monkeypatch.undo()
    half = get_import(session, row.id)
    assert (half.state, half.line) == (ImportState.RUNNING, half.created)
    assert 0 < half.created < 35
    jobs.run(row.id, row.attempt)
    assert get_import(session, row.id).created == half.created, "another worker may still be at it"
    with transaction(session):
        session.execute(update(Import).values(beat_at=clock.now() - tasks.SILENT - dt.timedelta(seconds=1)))
    jobs.run(row.id, row.attempt)
    done = get_import(session, row.id)
    assert (done.state, done.created, done.refused) == (ImportState.FINISHED, 35, 1)
    assert count(session, Patient) == count(session, ImportOrigin) == 35
    assert importer.refusals(done).keys() == {36}


def test_a_worker_that_lost_its_import_writes_nothing_more(importer: Importer, session: Session) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    with transaction(session):
        task = service.claim_import(session, import_id=row.id, attempt=1, now=clock.now())
    assert task is not None
    with transaction(session):
        tasks.redispatch(session, service.KIND, row.id, 1, clock.now())
    assert jobs._write_all(task) is False
    assert count(session, Patient) == 0


def test_cancelled_it_stops_and_can_go_on(importer: Importer, session: Session) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    with transaction(session):
        service.cancel_import(session, import_id=row.id, actor=TESTER, now=clock.now())
    jobs.run(row.id, row.attempt)
    assert count(session, Patient) == 0
    with pytest.raises(Conflict), transaction(session):
        service.cancel_import(session, import_id=row.id, actor=TESTER, now=clock.now())
    with transaction(session):
        service.resume_import(session, import_id=row.id, actor=TESTER, now=clock.now())
    jobs.run(row.id, 2)
    assert get_import(session, row.id).state is ImportState.FINISHED
    assert count(session, Patient) == 1


def test_started_twice_is_a_conflict(importer: Importer) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    with pytest.raises(Conflict):
        importer.start(row)


def test_a_damaged_file_fails_the_import_and_says_why(importer: Importer, session: Session) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    current_storage().delete(str(row.stored_as))
    jobs.run(row.id, row.attempt)
    assert get_import(session, row.id).failure is ImportFailure.DAMAGED


def test_an_import_that_loses_every_worker_is_given_up(importer: Importer, session: Session) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    with transaction(session):
        session.execute(update(Import).values(tries=service.KIND.max_tries))
    jobs.run(row.id, row.attempt)
    assert get_import(session, row.id).failure is ImportFailure.WORKER_LOST
    assert count(session, Patient) == 0


def test_a_lost_job_is_handed_on(importer: Importer, session: Session) -> None:
    row = importer.start(importer.upload(ndjson(person())))
    job_queue(service.KIND.queue).empty()
    with transaction(session):
        tasks.reconcile(session, service.KIND, clock.now())
    assert get_import(session, row.id).attempt == 1, "it is too early to say that it is lost"
    with transaction(session):
        tasks.reconcile(session, service.KIND, clock.now() + 2 * tasks.PATIENCE)
    assert get_import(session, row.id).attempt == 2
    assert job_queue(service.KIND.queue).job_ids == [service.KIND.job_id(row.id, 2)]


def test_files_are_deleted_when_done_or_forgotten(importer: Importer, session: Session) -> None:
    done = importer.run(ndjson(person()))
    waiting = importer.upload(ndjson(person(2)))
    forgotten = importer.upload(ndjson(person(3)))
    with transaction(session):
        old = clock.now() - jobs.KEEP_UPLOADS - dt.timedelta(days=1)
        session.execute(update(Import).where(Import.id == forgotten.id).values(requested_at=old))
    names = {row.id: str(row.stored_as) for row in (done, waiting, forgotten)}
    run_as_believed(jobs.clean_up)
    assert [current_storage().exists(names[row.id]) for row in (done, waiting, forgotten)] == [False, True, False]
    assert get_import(session, forgotten.id).state is ImportState.CANCELLED


def test_the_uploaded_file_is_sealed(importer: Importer) -> None:
    row = importer.upload(ndjson(person(name=[{"family": "Unmistakable"}])))
    source = current_storage().open(str(row.stored_as))
    assert b"Unmistakable" not in source.read_at(0, source.size)
    source.close()


def test_the_whole_source_record_is_kept(importer: Importer, session: Session) -> None:
    resource = person(photo=[{"url": "x"}], _birthDate={"extension": []})
    importer.run(ndjson(resource))
    assert session.scalars(select(ImportOrigin.resource)).one() == json.loads(json.dumps(resource))
    assert only_patient(session).extra["photo"] == [{"url": "x"}]


@pytest.mark.guards("an import seals and digests what it writes outside of the turn to write")
def test_new_records_are_sealed_outside_the_turn(
    importer: Importer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = importer.start(importer.upload(ndjson(*[person(n) for n in range(5)])))
    inside, outside, seal = set[str](), set[str](), crypto.KeyRing.seal

    def note(ring: crypto.KeyRing, plain: bytes, context: bytes) -> bytes:
        (inside if session.info.get("clinic.transaction_open") else outside).add(context.decode().split(".")[0])
        return seal(ring, plain, context)

    monkeypatch.setattr(crypto.KeyRing, "seal", note)
    jobs.run(row.id, row.attempt)
    assert get_import(session, row.id).created == 5
    assert outside == {"patients", "import_origins"}
    assert inside == {"audit_entries"}
