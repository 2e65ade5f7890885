"""Reads of schedules, and which appointments they leave without a place."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment
from clinic.appointments.placement import placed
from clinic.appointments.queries import shown
from clinic.appointments.schedules.hours import Obstacle, OpenHours, Schedule, find_obstacles, open_hours
from clinic.appointments.schedules.models import Holiday, TimeOff, WorkingHours
from clinic.clock import clinic_day
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.errors import NotFound

Exempt = TypeVar("Exempt", TimeOff, Holiday)
# What an appointment needs of the directory, and is out of use.
_UNUSED = {
    Obstacle.PRACTITIONER_GONE: Appointment.practitioner_id.in_(select(Practitioner.id).where(~Practitioner.is_active)),
    Obstacle.ROOM_UNUSED: Appointment.room_id.in_(
        select(Room.id).join(Room.department).where(~(Room.is_active & Department.is_active))
    ),
    Obstacle.SERVICE_UNUSED: Appointment.service_id.in_(
        select(Service.id).join(Service.department).where(~(Service.is_active & Department.is_active))
    ),
}


@dataclass(frozen=True)
class Stranded:
    """An appointment that its schedule or the directory does not allow, and why."""

    appointment: Appointment
    obstacles: Sequence[Obstacle]


def load_schedule(session: Session, from_day: dt.date, to_day: dt.date | None = None) -> Schedule:
    """All that is laid down for the days from one to the other, or for ever: three queries."""
    weekly = select(WorkingHours).where((WorkingHours.valid_until.is_(None)) | (WorkingHours.valid_until >= from_day))
    time_off = select(TimeOff).where(TimeOff.ends_on >= from_day)
    holidays = select(Holiday.day, Holiday.name).where(Holiday.day >= from_day)
    if to_day is not None:
        weekly = weekly.where(WorkingHours.valid_from <= to_day)
        time_off = time_off.where(TimeOff.starts_on <= to_day)
        holidays = holidays.where(Holiday.day <= to_day)
    return Schedule(
        weekly=session.scalars(weekly.order_by(WorkingHours.weekday, WorkingHours.starts, WorkingHours.id)).all(),
        time_off=session.scalars(time_off.order_by(TimeOff.starts_on, TimeOff.id)).all(),
        holidays=dict(session.execute(holidays).tuples().all()),
    )


def list_open_hours(session: Session, *, from_day: dt.date, to_day: dt.date, zone: ZoneInfo) -> list[OpenHours]:
    """What can be booked on the days from one to the other, both included, day by day: three queries."""
    schedule = load_schedule(session, from_day, to_day)
    days = (from_day + dt.timedelta(days=n) for n in range((to_day - from_day).days + 1))
    return [opened for day in days for opened in open_hours(schedule, day, zone)]


def list_weekly_hours(
    session: Session, *, practitioner_id: int | None = None, room_id: int | None = None, from_day: dt.date
) -> list[WorkingHours]:
    """The hours of a practitioner, or of a room by itself, that are valid on `from_day` or later."""
    query = select(WorkingHours).where(
        (WorkingHours.valid_until.is_(None)) | (WorkingHours.valid_until >= from_day),
        WorkingHours.practitioner_id == practitioner_id if practitioner_id else WorkingHours.practitioner_id.is_(None),
    )
    if not practitioner_id:
        query = query.where(WorkingHours.room_id == room_id)
    query = query.options(joinedload(WorkingHours.room).load_only(Room.name))
    return list(
        session.scalars(
            query.order_by(WorkingHours.valid_from, WorkingHours.weekday, WorkingHours.starts, WorkingHours.id)
        )
    )


def list_hours_of_all(session: Session, from_day: dt.date) -> list[WorkingHours]:
    """Everybody's hours that are valid on `from_day` or later."""
    return list(load_schedule(session, from_day).weekly)


def list_bookable_rooms(session: Session) -> list[Room]:
    """Rooms in use, in the order of the directory."""
    query = select(Room).join(Room.department).where(Room.is_active, Department.is_active)
    return list(session.scalars(query.order_by(Department.position, Department.name, Room.position, Room.name)))


def list_time_off(session: Session, from_day: dt.date, *, limit: int = 200) -> list[TimeOff]:
    """Leave, closed rooms and extra hours that are not over, the next first."""
    query = (
        select(TimeOff)
        .where(TimeOff.ends_on >= from_day)
        .options(
            joinedload(TimeOff.practitioner).load_only(Practitioner.display_name),
            joinedload(TimeOff.room).load_only(Room.name),
        )
    )
    return list(session.scalars(query.order_by(TimeOff.starts_on, TimeOff.id).limit(limit)))


def list_holidays(session: Session, from_day: dt.date, *, limit: int = 200) -> list[Holiday]:
    """Holidays from a day on."""
    return list(session.scalars(select(Holiday).where(Holiday.day >= from_day).order_by(Holiday.day).limit(limit)))


def get_exempt(session: Session, model: type[Exempt], row_id: int, *, lock: bool = False) -> Exempt:
    """A time off or a holiday, or NotFound."""
    row = session.get(model, row_id, with_for_update=lock or None, populate_existing=True)
    if row is None:
        raise NotFound(_("There is no such entry: somebody may have removed it."))
    return row


def list_expected(session: Session, *, now: dt.datetime) -> list[Appointment]:
    """Every appointment that is still to come, the next first."""
    query = shown(select(Appointment)).where(Appointment.starts_at >= now, Appointment.state.in_(EXPECTED_STATES))
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def list_unused(
    session: Session, *, now: dt.datetime, of: Practitioner | Department | Room | Service | None = None
) -> list[Stranded]:
    """Expected appointments whose practitioner, room or service is out of use, the next first; with `of`, only those
    that need this one: one query."""
    query = (
        shown(select(Appointment))
        .add_columns(*_UNUSED.values())
        .where(Appointment.starts_at >= now, Appointment.state.in_(EXPECTED_STATES), or_(*_UNUSED.values()))
    )
    if of is not None:
        query = query.where(_needs(of))
    rows = session.execute(query.order_by(Appointment.starts_at, Appointment.id))
    return [Stranded(row[0], [o for o, unused in zip(_UNUSED, row[1:], strict=True) if unused]) for row in rows]


def _needs(of: Practitioner | Department | Room | Service) -> ColumnElement[bool]:
    if isinstance(of, Practitioner):
        return Appointment.practitioner_id == of.id
    if isinstance(of, Room):
        return Appointment.room_id == of.id
    if isinstance(of, Service):
        return Appointment.service_id == of.id
    return or_(
        Appointment.room_id.in_(select(Room.id).where(Room.department_id == of.id)),
        Appointment.service_id.in_(select(Service.id).where(Service.department_id == of.id)),
    )


def list_stranded(
    session: Session, *, proposed: Schedule | None = None, now: dt.datetime, zone: ZoneInfo
) -> list[Stranded]:
    """Expected appointments that the schedule does not allow, or whose practitioner, room or service is out of use:
    five queries.

    With `proposed`, only those that it would strand and that are allowed as it stands: four. Deliberate ones, booked
    beside the rules with a reason, are left out.
    """
    current = load_schedule(session, clinic_day(now, zone))
    unused = {} if proposed else {one.appointment.id: one.obstacles for one in list_unused(session, now=now)}
    found = []
    for appointment in list_expected(session, now=now):
        place = placed(appointment)
        obstacles = find_obstacles(proposed or current, place, zone)
        is_deliberate = appointment.double_booking_reason is not None
        if is_deliberate or (proposed and find_obstacles(current, place, zone)):
            obstacles = []
        if obstacles or appointment.id in unused:
            found.append(Stranded(appointment, [*unused.get(appointment.id, ()), *obstacles]))
    return found
