"""What happened since a merge that undoing it would overwrite or leave half done."""

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from clinic.audit.service import plain
from clinic.patients.merging.models import PatientMerge
from clinic.patients.merging.references import Reference, count_rows, find_rows, references


class Why(enum.StrEnum):
    """Why a merge cannot be undone."""

    MERGED_ON = "merged_on"
    FIELD_CHANGED = "field_changed"
    ROWS_GONE = "rows_gone"
    ROWS_MOVED = "rows_moved"
    ROWS_VOIDED = "rows_voided"


@dataclass(frozen=True)
class Contradiction:
    """One reason; `what` is the name of a field or table, or the number of the record that the survivor is now in."""

    why: Why
    what: str
    count: int = 1


# Their present values stay when they went on: nobody typed them.
_UNTYPED = {"registered_at", "last_visit_at"}


def find_contradictions(session: Session, merge: PatientMerge) -> list[Contradiction]:
    """Everything that stands against undoing this merge; nothing when it can be undone completely."""
    if merge.survivor.merged_into_id is not None:
        return [Contradiction(Why.MERGED_ON, str(merge.survivor.merged_into_id))]
    changed: dict[str, list[Any]] = merge.record["survivor"]
    found = [
        Contradiction(Why.FIELD_CHANGED, name)
        for name, (_before, after) in changed.items()
        if name not in _UNTYPED and plain(getattr(merge.survivor, name)) != after
    ]
    for reference in _moved(merge):
        found += _changed_rows(session, merge, reference)
    return found


def count_later_rows(session: Session, merge: PatientMerge) -> dict[str, int]:
    """By "table.column": how many rows the survivor got since; they stay there."""
    counts = {}
    for reference in (r for r in references() if r.moves):
        moved, own = merge.record["moved"].get(reference.name, []), merge.record["own"].get(reference.name, 0)
        later = count_rows(session, reference, merge.survivor_id) - len(moved) - own
        if later > 0:
            counts[reference.name] = later
    return counts


def count_moved_rows(merge: PatientMerge) -> dict[str, int]:
    """By "table.column": how many rows go back."""
    return {name: len(keys) for name, keys in merge.record["moved"].items() if keys}


def _moved(merge: PatientMerge) -> list[Reference]:
    return [reference for reference in references() if reference.name in merge.record["moved"]]


def _changed_rows(session: Session, merge: PatientMerge, reference: Reference) -> list[Contradiction]:
    keys = [tuple(key) for key in merge.record["moved"][reference.name]]
    rows = find_rows(session, reference, keys, merge.survivor_id)
    counts = {
        Why.ROWS_GONE: len(keys) - len(rows),
        Why.ROWS_MOVED: sum(row.owner != merge.survivor_id for row in rows.values()),
        Why.ROWS_VOIDED: sum(bool(row.voided_at and row.voided_at > merge.merged_at) for row in rows.values()),
    }
    return [Contradiction(why, reference.table.name, count) for why, count in counts.items() if count]
