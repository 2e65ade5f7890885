"""Reads of appointments. Every list costs the same number of queries, however long it is."""

import datetime as dt
from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentEvent, State, Step
from clinic.directory.models import Practitioner, Room, Service
from clinic.errors import NotFound
from clinic.patients.models import Patient

PATIENT_SHOWN = 50


def shown(query: Select[tuple[Appointment]]) -> Select[tuple[Appointment]]:
    """With what every list shows of an appointment: patient, service, practitioner and room."""
    return query.options(
        joinedload(Appointment.patient, innerjoin=True).load_only(
            Patient.display_name, Patient.mrn, Patient.birth_date, Patient.birth_precision, Patient.is_deceased
        ),
        joinedload(Appointment.service, innerjoin=True).load_only(
            Service.name, Service.duration_minutes, Service.department_id
        ),
        joinedload(Appointment.practitioner).load_only(Practitioner.display_name),
        joinedload(Appointment.room).load_only(Room.name, Room.department_id),
    )


def get_appointment(session: Session, appointment_id: int, *, lock: bool = False) -> Appointment:
    """The appointment, or NotFound. With `lock` nobody else changes it until the transaction ends."""
    appointment = session.get(Appointment, appointment_id, with_for_update=lock or None, populate_existing=True)
    if appointment is None:
        raise NotFound(_("There is no such appointment."))
    return appointment


def list_between(
    session: Session,
    *,
    from_day: dt.date,
    to_day: dt.date,
    practitioner_id: int | None = None,
    states: Sequence[State] | None = None,
) -> list[Appointment]:
    """Appointments of the days from one to the other, both included, in one query."""
    query = shown(select(Appointment)).where(Appointment.day.between(from_day, to_day))
    if practitioner_id is not None:
        query = query.where(Appointment.practitioner_id == practitioner_id)
    if states is not None:
        query = query.where(Appointment.state.in_(states))
    return list(session.scalars(query.order_by(Appointment.day, Appointment.starts_at, Appointment.id)))


def list_of_patient(
    session: Session, patient_id: int, *, before: dt.datetime | None = None, limit: int = PATIENT_SHOWN
) -> list[Appointment]:
    """A patient's appointments, the latest first; with `before`, only those that start earlier."""
    query = shown(select(Appointment)).where(Appointment.patient_id == patient_id)
    if before is not None:
        query = query.where(Appointment.starts_at < before)
    return list(session.scalars(query.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(limit)))


def list_upcoming(
    session: Session, patient_id: int, *, now: dt.datetime, limit: int = PATIENT_SHOWN
) -> list[Appointment]:
    """A patient's appointments that are still expected, the next one first."""
    query = shown(select(Appointment)).where(
        Appointment.patient_id == patient_id,
        Appointment.starts_at >= now,
        Appointment.state.in_(EXPECTED_STATES),
    )
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id).limit(limit)))


def count_upcoming(session: Session, patient_id: int, *, today: dt.date) -> int:
    """How many of a patient's appointments of today and later are still expected."""
    query = select(func.count(Appointment.id)).where(
        Appointment.patient_id == patient_id,
        Appointment.day >= today,
        Appointment.state.in_(EXPECTED_STATES),
    )
    return session.scalar(query) or 0


def find_next_expected(session: Session, patient_ids: Collection[int], *, since: dt.datetime) -> dict[int, dt.datetime]:
    """When each of these patients is expected next, from an instant on, in one query; who is not is left out."""
    query = select(Appointment.patient_id, func.min(Appointment.starts_at)).where(
        Appointment.patient_id.in_(patient_ids),
        Appointment.starts_at >= since,
        Appointment.state.in_(EXPECTED_STATES),
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Appointment.patient_id))}


def list_events(session: Session, appointment_ids: Sequence[int]) -> dict[int, list[AppointmentEvent]]:
    """The steps of each appointment, oldest first, in one query."""
    found: dict[int, list[AppointmentEvent]] = {appointment_id: [] for appointment_id in appointment_ids}
    query = select(AppointmentEvent).where(AppointmentEvent.appointment_id.in_(appointment_ids))
    for event in session.scalars(query.order_by(AppointmentEvent.id)):
        found[event.appointment_id].append(event)
    return found


def get_event(session: Session, event_id: int) -> AppointmentEvent:
    """One step, or NotFound."""
    event = session.get(AppointmentEvent, event_id)
    if event is None:
        raise NotFound(_("There is no such step."))
    return event


def find_last_event(session: Session, appointment_id: int, *, step: Step | None = None) -> AppointmentEvent | None:
    """The newest step of an appointment, or the newest of this kind."""
    query = select(AppointmentEvent).where(AppointmentEvent.appointment_id == appointment_id)
    if step is not None:
        query = query.where(AppointmentEvent.step == step)
    return session.scalar(query.order_by(AppointmentEvent.id.desc()).limit(1))
