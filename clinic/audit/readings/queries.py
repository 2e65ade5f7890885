"""Reads of what lists showed."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.audit.readings.models import ReadingPatient

# The actions of entries that speak of several patients.
LIST_ACTIONS = ("patients.list", "feeds.read", "access.refuse")
_AT_ONCE = 500


def find_misindexed(session: Session) -> int | None:
    """The first entry of a list that is not found from just the patients it names; None when all are."""
    after = 0
    while True:
        query = select(AuditEntry.seq, AuditEntry.after).where(
            AuditEntry.action.in_(LIST_ACTIONS), AuditEntry.seq > after
        )
        entries = session.execute(query.order_by(AuditEntry.seq).limit(_AT_ONCE)).all()
        named = {entry.seq: set(entry.after["noted"]) for entry in entries if entry.after["noted"]}
        found = _rows(session, after, entries[-1].seq if entries else None)
        if wrong := [seq for seq in named.keys() | found.keys() if named.get(seq) != found.get(seq)]:
            return min(wrong)
        if not entries:
            return None
        after = entries[-1].seq


def _rows(session: Session, after: int, until: int | None) -> dict[int, set[int]]:
    query = select(ReadingPatient.seq, ReadingPatient.patient_id).where(ReadingPatient.seq > after)
    found: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(query if until is None else query.where(ReadingPatient.seq <= until)):
        found[row.seq].add(row.patient_id)
    return found
