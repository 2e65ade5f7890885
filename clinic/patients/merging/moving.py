"""Moving the rows of every table from one record to another, and back."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.errors import Conflict
from clinic.patients.merging.labels import table_in_words
from clinic.patients.merging.models import PatientMerge
from clinic.patients.merging.references import Clash, Key, Reference, count_rows, list_keys, move_rows, references
from clinic.patients.models import Coverage, Patient

_COVERAGES = "coverages.patient_id"
Sense = tuple[Any, ...]


def move_all(session: Session, survivor: Patient, merged: Patient) -> dict[str, Any]:
    """Move the rows of every table; what moved as PatientMerge.record keeps it. Conflict for what may not meet."""
    said = {sense for _table, _key, sense in _children(survivor)}
    # The survivor has the very same identifier or coverage: the other's stays where it was.
    repeated = {(table, key) for table, key, sense in _children(merged) if sense in said}
    later = max((c.priority for c in survivor.coverages), default=0)
    session.flush()
    own: dict[str, int] = {}
    moved: dict[str, list[Key]] = {}
    for reference in (r for r in references() if r.moves):
        keys = list_keys(session, reference, merged.id)
        keys = [key for key in keys if (reference.table.name, key) not in repeated]
        own[reference.name] = count_rows(session, reference, survivor.id)
        if keys:
            moved[reference.name] = _move(session, reference, keys, merged.id, survivor.id)
    _shift_priorities(session, moved.get(_COVERAGES, []), later)
    session.expire_all()
    return {"moved": moved, "own": own, "later_priority": later}


def move_back(session: Session, merge: PatientMerge) -> None:
    """Give every row that moved back to the record it came from."""
    moved: dict[str, list[list[Any]]] = merge.record["moved"]
    for reference in (r for r in references() if r.name in moved):
        keys = [tuple(key) for key in moved[reference.name]]
        _move(session, reference, keys, merge.survivor_id, merge.merged_id)
    _shift_priorities(session, [tuple(key) for key in moved.get(_COVERAGES, [])], -merge.record["later_priority"])
    session.expire_all()


def _move(session: Session, reference: Reference, keys: list[Key], giver: int, taker: int) -> list[Key]:
    try:
        return move_rows(session, reference, keys, giver, taker)
    except Clash as clash:
        what = table_in_words(reference.table.name)
        raise Conflict(
            _("Both records have something that one record may not have twice: %(what)s. Settle that first.", what=what)
        ) from clash


def _shift_priorities(session: Session, keys: list[Key], by: int) -> None:
    """Who pays for the survivor is asked before who paid for the other."""
    if keys and by:
        those = update(Coverage).where(Coverage.id.in_([key[0] for key in keys]))
        later = those.values(priority=Coverage.priority + by)
        session.execute(later.execution_options(synchronize_session=False))


def _children(patient: Patient) -> list[tuple[str, Key, Sense]]:
    """Table, key and sense of identifiers and coverages: two with the same sense say the same thing."""
    identifiers: list[tuple[str, Key, Sense]] = [
        ("patient_identifiers", (i.id,), (i.kind, bytes(i.token))) for i in patient.identifiers
    ]
    return identifiers + [("coverages", (c.id,), (c.payer, c.plan, c.member_number)) for c in patient.coverages]
