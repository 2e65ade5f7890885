"""Very many patients at once: other processes make and seal batches while this one writes them.

Batches are committed one by one and at most a few exist at a time, so memory does not grow with the number.
"""

import datetime as dt
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import LargeBinary, TableClause, column, func, insert, select, table, text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Session

from clinic.audit.service import Actor, record
from clinic.config import Settings
from clinic.crypto import EncryptedJson, EncryptedText, KeyRing, key_ring, use_key_ring
from clinic.db import Base, transaction
from clinic.patients.details import PatientDetails, columns
from clinic.patients.duplicates.service import mark_for_matching
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.patients.mrn import allocate_mrns
from clinic.patients.search.service import SearchEntry, index_patients
from clinic.patients.tokens import identifier_token

BATCH = 5_000
_BATCHES_AT_ONCE = 3


@dataclass(frozen=True)
class NewPatient:
    """A patient to load; without `mrn` the clinic's next one is given."""

    details: PatientDetails
    registered_at: dt.datetime
    last_visit_at: dt.datetime | None = None
    mrn: str | None = None


@dataclass(frozen=True)
class Batch:
    """Rows whose sealed columns are sealed already; patients are numbered from 0."""

    patients: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    coverages: list[dict[str, Any]]
    entries: list[SearchEntry]


Task = Callable[[], Iterable[NewPatient]]


def load_patients(tasks: Iterable[Task], *, settings: Settings, actor: Actor, now: dt.datetime) -> Iterator[int]:
    """Load what the tasks make, in order, each task as one batch; yields the number loaded so far.

    Tasks run in other processes and must be picklable.
    """
    loaded, room = 0, threading.BoundedSemaphore(_BATCHES_AT_ONCE)
    keys = (settings.encryption_keys, settings.blind_index_key)
    processes = max(1, (os.cpu_count() or 2) - 1)
    with multiprocessing.get_context("spawn").Pool(processes, _use_keys, keys) as pool:
        for batch in pool.imap(_make_batch, _one_by_one(tasks, room)):
            with transaction() as session:
                _write(session, batch, now)
            room.release()
            loaded += len(batch.patients)
            yield loaded
    with transaction() as session:
        _finish(session)
        record(session, "sample.load", "patient", None, actor=actor, now=now, after={"patients": loaded})


def _one_by_one(tasks: Iterable[Task], room: threading.BoundedSemaphore) -> Iterator[Task]:
    """The pool takes all tasks it can get: hand out a new one only when a batch was written."""
    for task in tasks:
        room.acquire()
        yield task


def _use_keys(encryption_keys: tuple[tuple[str, bytes], ...], blind_index_key: bytes) -> None:
    use_key_ring(KeyRing(encryption_keys, blind_index_key))


def _make_batch(task: Task) -> Batch:
    batch = Batch([], [], [], [])
    for index, patient in enumerate(task()):
        _add_rows(batch, index, patient)
    return batch


def _add_rows(batch: Batch, index: int, patient: NewPatient) -> None:
    details = patient.details
    row = columns(details) | {
        "id": index,
        "mrn": patient.mrn,
        "registered_at": patient.registered_at,
        "updated_at": patient.registered_at,
        "last_visit_at": patient.last_visit_at,
        "version": 1,
        "is_active": True,
    }
    batch.patients.append(_sealed(Patient, row))
    for identifier in details.identifiers:
        values = vars(identifier) | {"patient_id": index, "token": identifier_token(key_ring(), identifier.value)}
        batch.identifiers.append(_sealed(PatientIdentifier, values))
    batch.coverages.extend(_sealed(Coverage, vars(coverage) | {"patient_id": index}) for coverage in details.coverages)
    batch.entries.append(_search_entry(index, row["search_name"], details))


def _search_entry(index: int, search_name: str, details: PatientDetails) -> SearchEntry:
    return SearchEntry(
        patient_id=index,
        search_name=search_name,
        phones=[t["value"] for t in details.telecoms if t["system"] == "phone"],
        emails=[t["value"] for t in details.telecoms if t["system"] == "email"],
        identifiers=[i.value for i in details.identifiers]
        + [c.member_number for c in details.coverages if c.member_number],
        is_new=True,
    )


def _sealed(model: type[Base], row: dict[str, Any]) -> dict[str, Any]:
    for name, seal in _SEALS[model].items():
        row[name] = seal(row.get(name))
    return row


def _write(session: Session, batch: Batch, now: dt.datetime) -> None:
    """Number the rows of a batch after the last patient and insert them; they wait to be compared with all others."""
    first = (session.scalar(select(func.max(Patient.id))) or 0) + 1
    unnumbered = [row for row in batch.patients if row["mrn"] is None]
    for row, mrn in zip(unnumbered, allocate_mrns(session, len(unnumbered)), strict=True):
        row["mrn"] = mrn
    for row in batch.patients:
        row["id"] += first
    for row in (*batch.identifiers, *batch.coverages):
        row["patient_id"] += first
    for model, rows in ((Patient, batch.patients), (PatientIdentifier, batch.identifiers), (Coverage, batch.coverages)):
        if rows:
            session.execute(insert(_TABLES[model]), rows)
    mark_for_matching(session, (row["id"] for row in batch.patients), now)
    index_patients(session, [replace(entry, patient_id=entry.patient_id + first) for entry in batch.entries])


def _finish(session: Session) -> None:
    """Ids were given by us: PostgreSQL's counter must follow. Fresh statistics, or the planner guesses wrongly."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT setval(pg_get_serial_sequence('patients', 'id'), max(id)) FROM patients"))
    session.execute(text("ANALYZE"))


def _is_sealed(kind: Any) -> bool:
    return isinstance(kind, EncryptedJson | EncryptedText)


def _table_of_sealed(model: type[Base]) -> TableClause:
    """The model's table for rows that are sealed already."""
    kinds = {c.name: LargeBinary() if _is_sealed(c.type) else c.type for c in model.__table__.columns}
    return table(model.__tablename__, *(column(name, kind) for name, kind in kinds.items()))


def _seals(model: type[Base]) -> dict[str, Any]:
    """What turns a value into what is stored, for each sealed column."""
    sealed = (c for c in model.__table__.columns if _is_sealed(c.type))
    return {c.name: c.type.bind_processor(DefaultDialect()) for c in sealed}


_MODELS: tuple[type[Base], ...] = (Patient, PatientIdentifier, Coverage)
_TABLES = {model: _table_of_sealed(model) for model in _MODELS}
_SEALS = {model: _seals(model) for model in _MODELS}
