"""Reads of the calendar: names for its columns."""

import enum
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.directory.models import Practitioner, Room


class By(enum.StrEnum):
    """What the columns stand for."""

    PRACTITIONER = "practitioner"
    ROOM = "room"


@dataclass(frozen=True)
class Column:
    """A practitioner's or room's column; without an id, of what has none."""

    id: int | None
    title: str
    note: str = ""


def list_columns(session: Session, by: By, ids: Collection[int]) -> list[Column]:
    """Practitioners by name with their specialty, or rooms with their department in the order of the directory."""
    if by is By.PRACTITIONER:
        people = select(Practitioner).where(Practitioner.id.in_(ids))
        found = session.scalars(people.order_by(Practitioner.sort_name, Practitioner.id))
        return [Column(p.id, p.display_name, p.specialty or "") for p in found]
    places = select(Room).where(Room.id.in_(ids)).options(joinedload(Room.department, innerjoin=True))
    rooms = session.scalars(places.order_by(Room.department_id, Room.position, Room.name))
    return [Column(r.id, r.name, r.department.name) for r in rooms]
