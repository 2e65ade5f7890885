"""What the desk needs to know at check-in and at check-out."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.queries import list_upcoming, shown
from clinic.directory.models import Service
from clinic.patients.queries import get_patient
from clinic.queue.models import QueueEntry, State
from clinic.visits.models import Visit
from clinic.visits.queries import get_visit

NEAR_BEHIND, NEAR_AHEAD, NEAR_SHOWN = dt.timedelta(days=3), dt.timedelta(days=14), 3


@dataclass(frozen=True)
class Sheet:
    """A visit as its check-out shows it.

    `charges` are the services given; `total_minor` is None where they are not in one currency. `unserved` are the
    tickets still waiting; `missing` names what the patient's record lacks: "phone", "coverage".
    """

    visit: Visit
    charges: Sequence[Service]
    total_minor: int | None
    currency: str
    unserved: Sequence[QueueEntry]
    next_appointment: Appointment | None
    missing: Sequence[str]


def list_for_check_in(session: Session, patient_id: int, day: dt.date) -> list[Appointment]:
    """A patient's appointments of a day that can be checked in, earliest first: expected, or missed and here now."""
    query = shown(select(Appointment)).where(
        Appointment.patient_id == patient_id,
        Appointment.day == day,
        Appointment.state.in_((*EXPECTED_STATES, AppointmentState.NO_SHOW)),
    )
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def list_booked_near(session: Session, patient_id: int, day: dt.date) -> list[Appointment]:
    """What somebody who comes on `day` may have come for, although it is another day's: expected within two weeks, or
    of the last days and not come to; earliest first, none when there is one of `day` itself."""
    if list_for_check_in(session, patient_id, day):
        return []
    is_expected = Appointment.state.in_(EXPECTED_STATES) & Appointment.day.between(day, day + NEAR_AHEAD)
    is_missed = Appointment.state.in_((*EXPECTED_STATES, AppointmentState.NO_SHOW)) & Appointment.day.between(
        day - NEAR_BEHIND, day
    )
    query = shown(select(Appointment)).where(Appointment.patient_id == patient_id, is_expected | is_missed)
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id).limit(NEAR_SHOWN)))


def list_of_visits(session: Session, visit_ids: Sequence[int]) -> dict[int, list[QueueEntry]]:
    """The tickets of each visit, oldest first, in one query."""
    found: dict[int, list[QueueEntry]] = {visit_id: [] for visit_id in visit_ids}
    query = (
        select(QueueEntry)
        .where(QueueEntry.visit_id.in_(visit_ids))
        .options(
            joinedload(QueueEntry.service, innerjoin=True),
            joinedload(QueueEntry.department, innerjoin=True),
            joinedload(QueueEntry.room),
        )
        .order_by(QueueEntry.id)
    )
    for entry in session.scalars(query):
        found[entry.visit_id or 0].append(entry)
    return found


def get_sheet(session: Session, visit_id: int, *, now: dt.datetime) -> Sheet:
    """What is asked and shown when a patient goes; NotFound."""
    visit = get_visit(session, visit_id)
    entries = list_of_visits(session, [visit_id])[visit_id]
    charges = [e.service for e in entries if e.served_at]
    currencies = {service.currency for service in charges if service.price_minor}
    upcoming = list_upcoming(session, visit.patient_id, now=now, limit=1)
    patient = get_patient(session, visit.patient_id)
    found = {"phone": patient.phone, "coverage": patient.coverages}
    return Sheet(
        visit=visit,
        charges=charges,
        total_minor=sum(service.price_minor for service in charges) if len(currencies) < 2 else None,
        currency=next(iter(currencies), charges[0].currency if charges else ""),
        unserved=[e for e in entries if e.state in (State.WAITING, State.ON_HOLD)],
        next_appointment=upcoming[0] if upcoming else None,
        missing=[name for name, value in found.items() if not value],
    )
