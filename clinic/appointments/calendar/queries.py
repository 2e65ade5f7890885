"""Reads of the calendar: names for its columns, and what it shows of each appointment."""

import datetime as dt
import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import Appointment, State
from clinic.directory.models import Practitioner, Room, Service
from clinic.patients.models import BirthPrecision, Patient


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


class Line(NamedTuple):
    """What the calendar shows of an appointment. A busy week has thousands: they are read as rows, not as objects."""

    id: int
    version: int
    state: State
    day: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    practitioner_id: int | None
    room_id: int | None
    patient_id: int
    name: str
    mrn: str
    birth_date: dt.date | None
    birth_precision: BirthPrecision
    is_deceased: bool
    service: str
    practitioner: str | None
    room: str | None


def list_lines(session: Session, *, from_day: dt.date, to_day: dt.date) -> list[Line]:
    """Appointments of the days from one to the other, both included, in their order; in one query."""
    one = Appointment
    own = (one.id, one.version, one.state, one.day, one.starts_at, one.ends_at, one.practitioner_id, one.room_id)
    born = (Patient.birth_date, Patient.birth_precision)
    patient = (one.patient_id, Patient.display_name, Patient.mrn, *born, Patient.is_deceased)
    query = (
        select(*own, *patient, Service.name, Practitioner.display_name, Room.name)
        .join(Patient, Patient.id == one.patient_id)
        .join(Service, Service.id == one.service_id)
        .outerjoin(Practitioner, Practitioner.id == one.practitioner_id)
        .outerjoin(Room, Room.id == one.room_id)
        .where(one.day.between(from_day, to_day))
    )
    return [Line._make(row) for row in session.execute(query.order_by(one.day, one.starts_at, one.id))]
