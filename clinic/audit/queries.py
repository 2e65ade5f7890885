"""Reads of the audit log; each names the index it uses."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, Select, select, union_all
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.audit.readings.models import ReadingPatient
from clinic.errors import NotFound


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; None means anything. `since` is included, `until` is not.

    With `patient_id` also the lists and searches that showed the patient, though their entries speak of others too.
    """

    actor_id: int | None = None
    action: str | None = None
    patient_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def audit_query(wanted: AuditFilter) -> Select[tuple[AuditEntry]]:
    """Entries that match, newest first."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc())
    if wanted.actor_id is not None:
        query = query.where(AuditEntry.actor_id == wanted.actor_id)
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.patient_id is not None:
        query = query.where(AuditEntry.seq.in_(_about_patient(wanted.patient_id)))
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return query


def _about_patient(patient_id: int) -> CompoundSelect[tuple[int]]:
    """The numbers of entries about a patient alone, and of those about several of whom this is one."""
    alone = select(AuditEntry.seq).where(AuditEntry.patient_id == patient_id)
    return union_all(alone, select(ReadingPatient.seq).where(ReadingPatient.patient_id == patient_id))


def list_entries(session: Session, wanted: AuditFilter, *, before: int | None, limit: int) -> list[AuditEntry]:
    """At most `limit` entries older than the entry number `before`, newest first."""
    query = audit_query(wanted).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    return list(session.scalars(query))


def list_of_entity(session: Session, entity: str, entity_id: int, limit: int = 100) -> list[AuditEntry]:
    """What was done to one row, newest first."""
    query = select(AuditEntry).where(AuditEntry.entity == entity, AuditEntry.entity_id == entity_id)
    return list(session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)))


def get_entry(session: Session, seq: int) -> AuditEntry:
    """The entry with this number, or NotFound."""
    entry = session.get(AuditEntry, seq)
    if entry is None:
        raise NotFound("There is no such entry.")
    return entry


def list_actions(session: Session) -> list[str]:
    """The distinct actions in the log, walked through their index instead of read one by one."""
    actions: list[str] = []
    query = select(AuditEntry.action).order_by(AuditEntry.action).limit(1)
    found = session.scalar(query)
    while found is not None:
        actions.append(found)
        found = session.scalar(query.where(AuditEntry.action > found))
    return actions
