"""Writing patients: register, update, deactivate and reactivate."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.crypto import key_ring
from clinic.errors import Conflict, Invalid, NotFound
from clinic.patients.details import PatientDetails, check, columns, details_of, snapshot
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.patients.mrn import allocate_mrns
from clinic.patients.queries import find_by_idempotency_key, get_patient
from clinic.patients.search.service import index_patient
from clinic.patients.tokens import identifier_token

# The furthest any clinic's wall clock is ahead of UTC.
AHEAD_OF_UTC = dt.timedelta(hours=14)


def register_patient(
    session: Session,
    *,
    details: PatientDetails,
    actor: Actor,
    now: dt.datetime,
    idempotency_key: str | None = None,
) -> Patient:
    """A new patient with the next MRN; the same key sent twice gives the first one. Raises Invalid."""
    check(details, (now + AHEAD_OF_UTC).date())
    if idempotency_key and (earlier := find_by_idempotency_key(session, idempotency_key)):
        return earlier
    (mrn,) = allocate_mrns(session)
    # The counter's lock made this wait for a submit of the same form that was under way: look again.
    if idempotency_key and (earlier := find_by_idempotency_key(session, idempotency_key)):
        return earlier
    patient = Patient(
        **columns(details), mrn=mrn, registered_at=now, updated_at=now, version=1, idempotency_key=idempotency_key
    )
    patient.identifiers = _identifiers(details)
    patient.coverages = _coverages(details)
    session.add(patient)
    session.flush()
    index_patient(session, patient)
    after = {key: value for key, value in snapshot(details).items() if value not in (None, [], {})}
    _record(session, "patients.register", patient, actor=actor, now=now, after={"mrn": mrn, **after})
    return patient


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
    _record(session, "patients.update", patient, actor=actor, now=now, before=before, after=after)
    return patient


def deactivate_patient(session: Session, *, patient_id: int, reason: str, actor: Actor, now: dt.datetime) -> Patient:
    """Take a patient out of the daily lists; nothing is deleted. Conflict when already done."""
    return _set_active(session, patient_id, False, reason, actor, now)


def reactivate_patient(session: Session, *, patient_id: int, reason: str, actor: Actor, now: dt.datetime) -> Patient:
    """Bring a patient back into the daily lists. Conflict when already done."""
    return _set_active(session, patient_id, True, reason, actor, now)


def open_chart(session: Session, *, patient_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note that somebody looked at a chart; NotFound."""
    patient = get_patient(session, patient_id)
    _record(session, "patients.open", patient, actor=actor, now=now)


def lock_patient(session: Session, patient_id: int) -> Patient:
    """The fresh row, locked until the transaction ends; NotFound."""
    query = select(Patient).where(Patient.id == patient_id).with_for_update()
    patient = session.scalar(query.execution_options(populate_existing=True))
    if patient is None:
        raise NotFound(_("There is no such patient."))
    return patient


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
    _record(session, action, patient, actor=actor, now=now, before=before, after=after)
    return patient


def _touch(session: Session, patient: Patient, now: dt.datetime) -> None:
    patient.version += 1
    patient.updated_at = now
    session.flush()
    live.publish(session, f"patients:{patient.id}")


def _identifiers(details: PatientDetails) -> list[PatientIdentifier]:
    ring = key_ring()
    return [
        PatientIdentifier(
            kind=i.kind,
            value=i.value,
            issuer=i.issuer,
            valid_until=i.valid_until,
            token=identifier_token(ring, i.value),
        )
        for i in details.identifiers
    ]


def _coverages(details: PatientDetails) -> list[Coverage]:
    return [
        Coverage(
            payer=c.payer,
            plan=c.plan,
            member_number=c.member_number,
            valid_from=c.valid_from,
            valid_until=c.valid_until,
            priority=c.priority,
        )
        for c in details.coverages
    ]


def _record(session: Session, action: str, patient: Patient, **entry: Any) -> None:
    record(session, action, "patient", patient.id, patient_id=patient.id, **entry)
