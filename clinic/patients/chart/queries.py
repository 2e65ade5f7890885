"""What the frame of a chart shows on every tab."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from clinic.audit.models import AuditEntry
from clinic.errors import NotFound
from clinic.patients.merging.queries import MergedRecord, list_merged_records
from clinic.patients.models import Coverage, Patient, PatientAlert
from clinic.patients.queries import not_merged

# Entries that say who looked, not who changed.
OPENINGS = ("patients.open", "documents.view", "documents.download")


@dataclass(frozen=True)
class Chart:
    """A patient with the alerts that hold, the coverage that is asked first and what was merged into the record."""

    patient: Patient
    alerts: list[PatientAlert]
    coverage: Coverage | None
    merged: list[MergedRecord]


def get_chart(session: Session, patient_id: int, today: dt.date) -> Chart:
    """The frame of a patient's chart in five queries, or NotFound; Merged for what lives on in another record."""
    patient = session.scalar(
        select(Patient)
        .options(joinedload(Patient.practitioner), selectinload(Patient.identifiers))
        .options(selectinload(Patient.coverages), selectinload(Patient.alerts))
        .where(Patient.id == patient_id)
        .execution_options(populate_existing=True)
    )
    if patient is None:
        raise NotFound("There is no such patient.")
    severest_first = ("danger", "warning", "info")
    not_merged(patient)
    alerts = [a for a in patient.alerts if a.voided_at is None]
    alerts.sort(key=lambda a: severest_first.index(a.level.value))
    valid = [c for c in patient.coverages if _is_valid(c, today)]
    return Chart(patient, alerts, valid[0] if valid else None, list_merged_records(session, patient_id))


def _is_valid(coverage: Coverage, day: dt.date) -> bool:
    starts, ends = coverage.valid_from, coverage.valid_until
    return (starts is None or starts <= day) and (ends is None or day <= ends)


def list_history(session: Session, patient_id: int, *, kind: str, before: int | None, limit: int) -> list[AuditEntry]:
    """What happened to a patient, newest first: "changes" of the record, "openings" of it, or "all", tickets too.

    The log is never rewritten: what happened to records merged into this one stands there under their numbers.
    """
    merged = [record.patient_id for record in list_merged_records(session, patient_id)]
    query = select(AuditEntry).where(AuditEntry.patient_id.in_([patient_id, *merged]))
    if kind == "openings":
        query = query.where(AuditEntry.action.in_(OPENINGS))
    elif kind == "changes":
        query = query.where(AuditEntry.action.not_in(OPENINGS))
        for area in ("appointments", "queue", "visits", "waitlist"):
            query = query.where(AuditEntry.action.not_like(f"{area}.%"))
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    return list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)))
