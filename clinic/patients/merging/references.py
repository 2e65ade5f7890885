"""Every column of every table that names a patient, found in the metadata: areas above this one need no line here.

A new one moves with its patient when two records are merged. Where that is not right its column says so:
`info={"on_merge": "stay"}` leaves a row behind that would break a unique constraint beside the survivor's own (one
photo each), `info={"on_merge": "keep"}` never moves rows that speak of that very record. For all others a broken
constraint refuses the merge.
"""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, bindparam, func, select, true, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.db import Base
from clinic.patients.models import Patient

# What tells a row from others of its table, without the column that names the patient.
Key = tuple[Any, ...]
_CHUNK = 300


class OnMerge(enum.StrEnum):
    MOVE = "move"
    STAY = "stay"
    KEEP = "keep"


@dataclass(frozen=True)
class Reference:
    """A column that names a patient."""

    column: Column[Any]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def table(self) -> Table:
        return self.column.table

    @property
    def rule(self) -> OnMerge:
        return OnMerge(self.column.info.get("on_merge", OnMerge.MOVE))

    @property
    def moves(self) -> bool:
        return self.rule is not OnMerge.KEEP

    @cached_property
    def key(self) -> list[Column[Any]]:
        return [column for column in self.table.primary_key if column is not self.column]

    def matching(self, keys: Collection[Key]) -> ColumnElement[bool]:
        """The condition that a row has one of these keys."""
        return tuple_(*self.key).in_(list(keys)) if self.key else true()


@dataclass(frozen=True)
class Found:
    """A moved row as it is now."""

    owner: int | None
    voided_at: Any


class Clash(Exception):
    """Rows of both records that a constraint does not allow together."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        super().__init__(reference.name)


def references() -> list[Reference]:
    """All of them, by name."""
    patients = Patient.__table__
    found = [
        Reference(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.column.table is patients for key in column.foreign_keys)
    ]
    return sorted(found, key=lambda reference: reference.name)


def count_rows(session: Session, reference: Reference, patient_id: int) -> int:
    """How many rows name this patient."""
    query = select(func.count()).select_from(reference.table).where(reference.column == patient_id)
    return session.execute(query).scalar_one()


def count_rows_of(session: Session, patient_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """For each patient, by reference, how many rows would move with it: one query a reference."""
    counts: dict[int, dict[str, int]] = {patient_id: {} for patient_id in patient_ids}
    for reference in (r for r in references() if r.moves):
        query = select(reference.column, func.count()).where(reference.column.in_(patient_ids))
        for patient_id, count in session.execute(query.group_by(reference.column)):
            counts[patient_id][reference.name] = count
    return counts


def list_keys(session: Session, reference: Reference, patient_id: int) -> list[Key]:
    """The rows that name this patient."""
    columns = reference.key or [reference.column]
    rows = session.execute(select(*columns).where(reference.column == patient_id).order_by(*columns))
    return [tuple(row) if reference.key else () for row in rows]


def find_rows(session: Session, reference: Reference, keys: Sequence[Key], owner: int) -> dict[Key, Found]:
    """These rows as they are now, those that are gone left out. A row without a key is looked for at `owner`."""
    voided = reference.table.c.get("voided_at")
    columns = [*reference.key, reference.column, *([voided] if voided is not None else [])]
    found: dict[Key, Found] = {}
    for start in range(0, len(keys), _CHUNK):
        query = select(*columns).where(reference.matching(keys[start : start + _CHUNK]))
        for row in session.execute(query if reference.key else query.where(reference.column == owner)):
            size = len(reference.key)
            found[tuple(row[:size])] = Found(row[size], row[size + 1] if voided is not None else None)
    return found


def move_rows(session: Session, reference: Reference, keys: Sequence[Key], giver: int, taker: int) -> list[Key]:
    """Give these rows from one patient to another; returns those that moved. Raises Clash."""
    if _try_move(session, reference, keys, giver, taker):
        return list(keys)
    if reference.rule is not OnMerge.STAY:
        raise Clash(reference)
    return [key for key in keys if _try_move(session, reference, [key], giver, taker)]


def _try_move(session: Session, reference: Reference, keys: Iterable[Key], giver: int, taker: int) -> bool:
    """Whether no constraint stood in the way; otherwise nothing moved."""
    names = [f"key_{number}" for number in range(len(reference.key))]
    is_row = [column == bindparam(name) for column, name in zip(reference.key, names, strict=True)]
    statement = update(reference.table).where(reference.column == giver, *is_row).values({reference.column: taker})
    rows = [dict(zip(names, key, strict=True)) for key in keys]
    if not rows:
        return True
    try:
        with session.begin_nested():
            session.connection().execute(statement, rows)
    except IntegrityError:
        return False
    return True
