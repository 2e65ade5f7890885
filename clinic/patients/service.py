"""Writing patients: register, update, deactivate and reactivate."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import Key, find_made, made_with
from clinic.patients.details import PatientDetails, check, columns, details_of, snapshot
from clinic.patients.duplicates.service import mark_for_matching
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.patients.mrn import allocate_mrns
from clinic.patients.prepared import Prepared, coverage_values, identifier_values, prepare, said_of
from clinic.patients.queries import not_merged
from clinic.patients.search.service import index_patient, index_patients

# The furthest any clinic's wall clock is ahead of UTC.
AHEAD_OF_UTC = dt.timedelta(hours=14)
_PATIENTS: Any = Patient.__table__
_INSERT = insert(_PATIENTS).returning(_PATIENTS.c.id, sort_by_parameter_order=True)


def register_patient(
    session: Session,
    *,
    details: PatientDetails,
    actor: Actor,
    now: dt.datetime,
    key: Key | None = None,
) -> Patient:
    """A new patient with the next MRN; the same key sent twice gives the first one. Raises Invalid."""
    check(details, (now + AHEAD_OF_UTC).date())
    if earlier := find_made(session, Patient, key):
        return earlier
    (mrn,) = allocate_mrns(session)
    patient = Patient(**columns(details), mrn=mrn, registered_at=now, updated_at=now, version=1, **made_with(key))
    patient.identifiers = _identifiers(details)
    patient.coverages = _coverages(details)
    session.add(patient)
    session.flush()
    index_patient(session, patient)
    mark_for_matching(session, [patient.id], now)
    _record(session, "patients.register", patient.id, actor=actor, now=now, after={"mrn": mrn} | said_of(details))
    return patient


def register_patients(
    session: Session, *, batch: Sequence[PatientDetails | Prepared], actor: Actor, now: dt.datetime
) -> list[int]:
    """Many new patients at once, as register_patient() makes each; their ids in the same order.

    For imports and samples: rows are written without loading entities. Who writes beside people prepares them before.
    Raises Invalid when one of them may not be, and then writes none: check() them first.
    """
    if not batch:
        return []
    ready = [each if isinstance(each, Prepared) else prepare(each) for each in batch]
    today = (now + AHEAD_OF_UTC).date()
    for each in ready:
        check(each.details, today)
    mrns = allocate_mrns(session, len(ready))
    values = [
        each.values | {"mrn": m, "registered_at": now, "updated_at": now} for each, m in zip(ready, mrns, strict=True)
    ]
    ids = list(session.scalars(_INSERT, values))
    _insert_children(session, PatientIdentifier, ids, [each.identifiers for each in ready])
    _insert_children(session, Coverage, ids, [each.coverages for each in ready])
    index_patients(session, [each.search_entry(i) for i, each in zip(ids, ready, strict=True)])
    mark_for_matching(session, ids, now)
    for patient_id, mrn, each in zip(ids, mrns, ready, strict=True):
        after = {"mrn": mrn} | each.said
        _record(session, "patients.register", patient_id, actor=actor, now=now, after=after)
    return ids


def update_patient(
    session: Session,
    *,
    patient_id: int,
    details: PatientDetails,
    expected_version: int | None,
    actor: Actor,
    now: dt.datetime,
) -> Patient:
    """Replace what is known of a patient; saying the same again changes nothing.

    Raises Conflict when the row is no longer at `expected_version` (None: whatever it is), Invalid, NotFound.
    """
    check(details, (now + AHEAD_OF_UTC).date())
    patient = lock_patient(session, patient_id)
    if expected_version is not None and patient.version != expected_version:
        raise Conflict(_("Somebody changed this patient while you were editing."))
    old = details_of(patient)
    before, after = changes(snapshot(old), snapshot(details))
    if not after:
        return patient
    for name, value in columns(details).items():
        if getattr(patient, name) != value:
            setattr(patient, name, value)
    if "identifiers" in after:
        patient.identifiers = _identifiers(details)
    if "coverages" in after:
        patient.coverages = _coverages(details)
    _touch(session, patient, now)
    index_patient(session, patient)
    mark_for_matching(session, [patient.id], now)
    _record(session, "patients.update", patient.id, actor=actor, now=now, before=before, after=after)
    return patient


def deactivate_patient(session: Session, *, patient_id: int, reason: str, actor: Actor, now: dt.datetime) -> Patient:
    """Take a patient out of the daily lists; nothing is deleted. Conflict when already done."""
    return _set_active(session, patient_id, False, reason, actor, now)


def reactivate_patient(session: Session, *, patient_id: int, reason: str, actor: Actor, now: dt.datetime) -> Patient:
    """Bring a patient back into the daily lists. Conflict when already done."""
    return _set_active(session, patient_id, True, reason, actor, now)


def note_visit(session: Session, *, patient_id: int, at: dt.datetime) -> dt.datetime | None:
    """Set when the patient was here last, unless they were here later; returns what stood there.

    A consequence of a visit and audited with it: neither the version nor the time of the last change moves.
    """
    patient = lock_patient(session, patient_id)
    before = patient.last_visit_at
    if before is None or before < at:
        _set_last_visit(session, patient, at)
    return before


def forget_visit(session: Session, *, patient_id: int, at: dt.datetime, previous: dt.datetime | None) -> None:
    """Put back when they came before, unless the patient came again since."""
    patient = lock_patient(session, patient_id)
    if patient.last_visit_at == at:
        _set_last_visit(session, patient, previous)


def _set_last_visit(session: Session, patient: Patient, at: dt.datetime | None) -> None:
    patient.last_visit_at = at
    session.flush()
    live.publish(session, f"patients:{patient.id}")


def lock_patient(session: Session, patient_id: int) -> Patient:
    """The fresh row, locked until the transaction ends; NotFound, or Merged for one that lives on in another."""
    query = select(Patient).where(Patient.id == patient_id).with_for_update()
    patient = session.scalar(query.execution_options(populate_existing=True))
    if patient is None:
        raise NotFound(_("There is no such patient."))
    return not_merged(patient)


def _set_active(
    session: Session, patient_id: int, active: bool, reason: str, actor: Actor, now: dt.datetime
) -> Patient:
    if not reason.strip():
        raise Invalid(_("Say why, in a few words."), "reason")
    patient = lock_patient(session, patient_id)
    if patient.is_active == active:
        raise Conflict(_("Somebody did this already."))
    patient.is_active = active
    _touch(session, patient, now)
    before, after = {"is_active": not active}, {"is_active": active, "reason": reason}
    action = "patients.reactivate" if active else "patients.deactivate"
    _record(session, action, patient.id, actor=actor, now=now, before=before, after=after)
    return patient


def _touch(session: Session, patient: Patient, now: dt.datetime) -> None:
    patient.version += 1
    patient.updated_at = now
    session.flush()
    live.publish(session, f"patients:{patient.id}")


def _identifiers(details: PatientDetails) -> list[PatientIdentifier]:
    return [PatientIdentifier(**values) for values in identifier_values(details)]


def _coverages(details: PatientDetails) -> list[Coverage]:
    return [Coverage(**values) for values in coverage_values(details)]


def _insert_children(
    session: Session, model: type[PatientIdentifier | Coverage], ids: list[int], children: list[list[dict[str, Any]]]
) -> None:
    rows = [values | {"patient_id": i} for i, own in zip(ids, children, strict=True) for values in own]
    if rows:
        session.execute(insert(model.__table__), rows)  # type: ignore[arg-type]


def _record(session: Session, action: str, patient_id: int, **entry: Any) -> None:
    record(session, action, "patient", patient_id, patient_id=patient_id, **entry)
