"""Where an appointment stands, and what must be true of any such place."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.appointments.models import LONGEST, Appointment
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner, Room, Service
from clinic.errors import Invalid, NotFound
from clinic.patients.models import Patient
from clinic.patients.queries import living


@dataclass(frozen=True, kw_only=True)
class Placement:
    """When and with whom: UTC instants, and a practitioner, a room or both."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    practitioner_id: int | None = None
    room_id: int | None = None


_PLACED = tuple(field.name for field in fields(Placement))


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """Why a rule is set aside: a time that is not free (needs `appointments.double_book`), a second one that day."""

    double_booking: str | None = None
    same_day: str | None = None


NO_REASONS = Reasons()


def placement_of(
    session: Session,
    *,
    service_id: int,
    starts_at: dt.datetime,
    practitioner_id: int | None = None,
    room_id: int | None = None,
    minutes: int | None = None,
) -> Placement:
    """A place as long as the service takes, unless `minutes` says otherwise. Invalid for an unknown service."""
    service = session.get(Service, service_id)
    if service is None:
        raise Invalid(_("Choose a service."), "service_id")
    length = dt.timedelta(minutes=service.duration_minutes if minutes is None else minutes)
    return Placement(starts_at=starts_at, ends_at=starts_at + length, practitioner_id=practitioner_id, room_id=room_id)


def placed(appointment: Appointment) -> Placement:
    """Where an appointment stands."""
    return Placement(
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner_id=appointment.practitioner_id,
        room_id=appointment.room_id,
    )


def placed_before(appointment: Appointment, values: Mapping[str, Any]) -> Placement:
    """Where it stands once `values`, which a step changed, are put back."""
    return replace(placed(appointment), **{name: values[name] for name in _PLACED if name in values})


def columns(placement: Placement, reasons: Reasons, zone: ZoneInfo) -> dict[str, Any]:
    """The columns of an appointment that stands there."""
    return {
        "practitioner_id": placement.practitioner_id,
        "room_id": placement.room_id,
        "starts_at": placement.starts_at,
        "ends_at": placement.ends_at,
        "day": clinic_day(placement.starts_at, zone),
        "double_booking_reason": reasons.double_booking,
        "same_day_reason": reasons.same_day,
    }


def check_placement(session: Session, placement: Placement, *, now: dt.datetime, zone: ZoneInfo) -> None:
    """Invalid for a day that is past, an impossible length, or a practitioner or room that is not in use."""
    if clinic_day(placement.starts_at, zone) < clinic_day(now, zone):
        raise Invalid(_("This day is past."), "starts_at")
    if not dt.timedelta() < placement.ends_at - placement.starts_at <= LONGEST:
        raise Invalid(_("An appointment takes from 1 minute to 12 hours."), "minutes")
    if placement.practitioner_id is None and placement.room_id is None:
        raise Invalid(_("Choose a practitioner or a room."), "practitioner_id")
    if placement.practitioner_id is not None:
        _check_in_use(session.get(Practitioner, placement.practitioner_id), "practitioner_id")
    if placement.room_id is not None:
        _check_in_use(session.get(Room, placement.room_id), "room_id")


def _check_in_use(row: Practitioner | Room | None, field: str) -> None:
    if row is None or not row.is_active:
        raise Invalid(_("This is no longer in use: choose another."), field)


def check_service_and_patient(session: Session, service_id: int, patient_id: int) -> None:
    """Invalid for a service that is not in use and for somebody recorded as dead, NotFound for an unknown patient."""
    service = session.get(Service, service_id)
    if service is None or not service.is_active:
        raise Invalid(_("Choose a service."), "service_id")
    patient = session.get(Patient, patient_id)
    if patient is None:
        raise NotFound(_("There is no such patient."))
    living(patient)
