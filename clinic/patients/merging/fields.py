"""The columns of the surviving record, and how a merge keeps their values."""

import datetime as dt
from typing import Any

from sqlalchemy import Date, Enum, LargeBinary

from clinic.audit.service import plain
from clinic.db import UtcDateTime
from clinic.patients.details import DERIVED, columns, details_of
from clinic.patients.models import Patient

# What no merge takes from the other record.
_OWN = {"id", "mrn", "idempotency_key", "idempotency_digest", "merged_into_id", "version", "updated_at"}


def settled_values(survivor: Patient, merged: Patient, chosen: dict[str, Any]) -> dict[str, Any]:
    """Every column the survivor gets: what was chosen, and for all others the survivor's value or else the other's."""
    values = dict(chosen)
    for column in Patient.__table__.columns:
        name = column.name
        is_own = name in _OWN or column.unique or isinstance(column.type, LargeBinary)
        if name not in values and not is_own:
            mine = getattr(survivor, name)
            values[name] = getattr(merged, name) if mine is None else mine
    visits = [at for at in (survivor.last_visit_at, merged.last_visit_at) if at]
    return values | {
        "is_active": survivor.is_active or merged.is_active,
        "registered_at": min(survivor.registered_at, merged.registered_at),
        "last_visit_at": max(visits, default=None),
    }


def read_value(name: str, stored: Any) -> Any:
    """A value of this column as PatientMerge.record keeps it, as it was."""
    if stored is None:
        return None
    kind = Patient.__table__.columns[name].type
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(stored)
    if isinstance(kind, UtcDateTime):
        return dt.datetime.fromisoformat(stored)
    return dt.date.fromisoformat(stored) if isinstance(kind, Date) else stored


def changed_values(patient: Patient, values: dict[str, Any]) -> dict[str, list[Any]]:
    """[before, after] of the columns that `values` change; of those that follow from others nothing is kept."""
    before = {name: plain(getattr(patient, name)) for name in values if name not in DERIVED}
    return {name: [old, plain(values[name])] for name, old in before.items() if old != plain(values[name])}


def restore_values(patient: Patient, changed: dict[str, list[Any]]) -> None:
    """Set the values before, where they are still those that the merge wrote."""
    for name, (before, after) in changed.items():
        if plain(getattr(patient, name)) == after:
            setattr(patient, name, read_value(name, before))
    derived = columns(details_of(patient))
    for name in DERIVED:
        setattr(patient, name, derived[name])
