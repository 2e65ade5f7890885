"""What each kind of export holds, on both databases."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.documents.models import Category, Document
from clinic.exports.datasets.registry import DATASETS
from clinic.exports.models import ExportKind
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.queue.checkin.service import undo_check_in
from tests.factories import NOW, TESTER, Factory

ZONE = ZoneInfo("Europe/Paris")
Read = Callable[..., list[dict[str, str | None]]]


@pytest.fixture
def read(session: Session) -> Read:
    """The rows of an export, by column, with every column it has unless some are named."""

    def read(kind: ExportKind, *keys: str, **filters: Any) -> list[dict[str, str | None]]:
        dataset = DATASETS[kind]
        chosen = list(keys) or [column.key for column in dataset.columns]
        filling = dataset.filling(chosen, ZONE)
        found = session.connection().execute(dataset.query(filling, filters, ZONE)).all()
        names = [column.key for column in dataset.chosen(chosen)]
        return [dict(zip(names, row, strict=True)) for row in zip(*filling.fill(found), strict=True)] if found else []

    return read


def test_identifiers_and_coverage_of_a_patient_are_opened(make: Factory, session: Session, read: Read) -> None:
    patient = make.patient()
    with transaction(session):
        for kind, value in (("ssn", "1 85 05"), ("passport", "12AB"), ("ssn", "=2")):
            session.add(PatientIdentifier(patient_id=patient.id, kind=kind, value=value, token=b"x" * 16))
        for payer, number, priority in (("Second", "B2", 2), ("First", "A1", 1)):
            session.add(Coverage(patient_id=patient.id, payer=payer, member_number=number, priority=priority))
    (row,) = read(ExportKind.PATIENTS, "identifiers", "payer", "member_number")
    assert row == {"identifiers": "passport: 12AB; ssn: 1 85 05; ssn: =2", "payer": "First", "member_number": "A1"}


def test_a_patient_with_nothing_but_a_name_has_empty_cells(make: Factory, read: Read) -> None:
    make.patient("Amina", None, birth_date=None)
    (row,) = read(ExportKind.PATIENTS)
    assert (row["given_name"], row["family_name"], row["birth_date"], row["phone"]) == ("Amina", None, None, None)


def test_patients_are_those_of_the_list(make: Factory, session: Session, read: Read) -> None:
    active, inactive = make.patient("Active"), make.patient("Gone")
    with transaction(session):
        session.get_one(Patient, inactive.id).is_active = False
    mrns = {"": [active.mrn], "inactive": [inactive.mrn], "all": [active.mrn, inactive.mrn]}
    for status, expected in mrns.items():
        assert [row["mrn"] for row in read(ExportKind.PATIENTS, "mrn", status=status)] == expected
    assert read(ExportKind.PATIENTS, age_from=120) == []
    assert len(read(ExportKind.PATIENTS, sex=str(active.sex))) == 1


def test_queue_entries_by_day_department_and_state(make: Factory, read: Read) -> None:
    department = make.department()
    consultation = make.service(department)
    entry = make.ticket(consultation, make.patient())
    make.ticket(consultation)
    first, second = read(ExportKind.QUEUE_ENTRIES, day=entry.day.isoformat())
    assert (first["ticket"], first["department"], first["service"]) == (entry.ticket, department.name, "Consultation")
    assert first["mrn"] is not None
    assert (first["day"], second["patient"], second["state"]) == (entry.day.isoformat(), None, "waiting")
    day = entry.day.isoformat()
    assert len(read(ExportKind.QUEUE_ENTRIES, since=day, until=day, department=department.id, state="waiting")) == 2
    for nothing in ({"since": "2999-01-01"}, {"until": "1999-01-01"}, {"department": 99}, {"state": "done"}):
        assert read(ExportKind.QUEUE_ENTRIES, **nothing) == []


def test_visits_by_day_without_those_checked_in_by_mistake(make: Factory, session: Session, read: Read) -> None:
    service = make.service(make.department())
    entry, mistake = make.ticket(service, make.patient()), make.ticket(service, make.patient("Karim"))
    with transaction(session):
        undo_check_in(session, visit_id=mistake.visit_id or 0, actor=TESTER, now=NOW)
    day = entry.day.isoformat()
    (row,) = read(ExportKind.VISITS, since=day, until=day)
    arrived = entry.joined_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    assert (row["day"], row["arrived_at"], row["state"]) == (day, arrived, "waiting")
    assert (row["patient"], row["service"], row["practitioner"]) == ("Amina Benali", "Consultation", None)
    assert (row["started_at"], row["ended_at"]) == (None, None)
    for nothing in ({"since": "2999-01-01"}, {"until": "1999-01-01"}):
        assert read(ExportKind.VISITS, **nothing) == []


@pytest.fixture
def documents(make: Factory, session: Session) -> list[Document]:
    """One document uploaded just after midnight at the clinic, and one voided."""
    patient, nurse = make.patient(), make.user(Role.NURSE, name="Nina Nurse")
    late = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
    rows = [
        Document(
            patient_id=patient.id,
            token=token,
            category=category,
            title=f"={token}",
            documented_on=dt.date(2026, 11, 1),
            file_name=f"{token}.pdf",
            media_type="application/pdf",
            size=3_000_000_000,
            sha256="ab" * 32,
            digest_token=b"d" * 16,
            uploaded_at=late,
            uploaded_by_id=nurse.id,
            voided_at=voided_at,
        )
        for token, category, voided_at in (("kept", Category.RESULT, None), ("voided", Category.LETTER, NOW))
    ]
    with transaction(session):
        session.add_all(rows)
    return rows


def test_the_index_of_documents_opens_titles_and_tells_who(documents: list[Document], read: Read) -> None:
    (row,) = read(ExportKind.DOCUMENTS)
    assert (row["title"], row["file_name"], row["sha256"]) == ("=kept", "kept.pdf", "ab" * 32)
    assert (row["size"], row["category"], row["uploaded_by"]) == ("3000000000", "result", "Nina Nurse")
    assert row["uploaded_at"] == "2026-11-21 00:30:00"


def test_documents_are_chosen_by_the_clinics_day_and_category(documents: list[Document], read: Read) -> None:
    day = "2026-11-21"
    assert len(read(ExportKind.DOCUMENTS, "id", since=day, until=day, with_voided=True)) == 2
    assert len(read(ExportKind.DOCUMENTS, "id", category="result")) == 1
    for nothing in ({"until": "2026-11-20"}, {"since": "2026-11-22"}, {"category": "imaging"}):
        assert read(ExportKind.DOCUMENTS, "id", **nothing) == []


def test_the_audit_log_shows_what_changed_and_its_chain(make: Factory, session: Session, read: Read) -> None:
    user = make.user(Role.NURSE, name="Zoë")
    (row,) = read(ExportKind.AUDIT, action="users.create", since="2026-11-20", until="2026-11-20")
    entry = session.get_one(AuditEntry, int(str(row["seq"])))
    assert json.loads(str(row["after"])) == entry.after
    assert "Zoë" in str(row["after"])
    assert (row["digest"], row["entity_id"]) == (entry.digest.hex(), str(user.id))
    assert read(ExportKind.AUDIT, actor=999) == []


def test_column_keys_are_unique_and_every_source_exists() -> None:
    for dataset in DATASETS.values():
        keys = [column.key for column in dataset.columns]
        assert len(keys) == len(set(keys))
        assert dataset.filling(keys, ZONE).expressions
        assert dataset.default_columns
