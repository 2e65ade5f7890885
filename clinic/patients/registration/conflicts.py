"""When two people edit one patient: what the other one changed, and a form that holds both."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.audit.service import plain
from clinic.patients.details import LISTS, PatientDetails, snapshot

# Each of these raised the patient's version by one.
COUNTED = ("patients.update", "patients.deactivate", "patients.reactivate")


def changes_since(session: Session, patient_id: int, versions: int) -> list[AuditEntry]:
    """The last `versions` changes of a patient, oldest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.patient_id == patient_id, AuditEntry.action.in_(COUNTED))
        .order_by(AuditEntry.seq.desc())
        .limit(versions)
    )
    return list(session.scalars(query))[::-1]


def as_it_was(fresh: PatientDetails, entries: list[AuditEntry]) -> PatientDetails:
    """`fresh` with the phones, addresses, contacts and other names it had before `entries`."""
    before = _before(entries)
    lists: dict[str, Any] = {name: tuple(before[name]) for name in LISTS if name in before}
    return replace(fresh, **lists)


def merge(mine: PatientDetails, fresh: PatientDetails, entries: list[AuditEntry]) -> tuple[PatientDetails, set[str]]:
    """My version with their changes where I changed nothing; the names of what both of us changed."""
    seen = _before(entries)
    now, theirs = plain(snapshot(mine)), plain(snapshot(fresh))
    changed = {name for name in seen if name in now and now[name] != theirs[name]}
    taken = {name for name in changed if now[name] == seen[name]}
    return replace(mine, **{name: getattr(fresh, name) for name in taken}), changed - taken


def _before(entries: list[AuditEntry]) -> dict[str, Any]:
    """What each changed field held before the first change."""
    seen: dict[str, Any] = {}
    for entry in entries:
        for name, value in (entry.before or {}).items():
            seen.setdefault(name, value)
    return seen
