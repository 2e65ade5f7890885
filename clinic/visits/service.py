"""Writes: a visit follows its queue entries, its check-out is noted, and its appointment follows the visit.

Whoever needs more than one lock takes them in this order: queue entries, visit, appointment, patient.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments.models import Appointment, CancelledBy
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.queries import get_appointment
from clinic.appointments.service import follow_visit
from clinic.audit.service import Actor, changes, record
from clinic.errors import Conflict
from clinic.patients.service import forget_visit, lock_patient, note_visit
from clinic.visits.models import FollowUp, Settlement, State, Visit
from clinic.visits.queries import find_last_arrival, find_visit_of_appointment, get_visit

# What a check-out sets, and loses when it is taken back.
_UNCHECKED: dict[str, Any] = {
    "checked_out_at": None,
    "checked_out_by_id": None,
    "is_closed_by_day": False,
    "follow_up": None,
    "settlement": None,
    "amount_minor": None,
    "currency": None,
    "note": None,
}
# What its visit makes of an appointment.
APPOINTMENT_STATES = {
    State.WAITING: AppointmentState.ARRIVED,
    State.IN_PROGRESS: AppointmentState.IN_PROGRESS,
    State.READY: AppointmentState.FULFILLED,
    State.FINISHED: AppointmentState.FULFILLED,
    State.LEFT: AppointmentState.CANCELLED,
    State.CANCELLED: AppointmentState.CANCELLED,
    State.UNDONE: AppointmentState.BOOKED,
}
_CHANGING = ("state", "started_at", "ended_at", *_UNCHECKED)


@dataclass(frozen=True)
class Course:
    """What the queue entries of a visit say of it: any state but FINISHED, and when service began and ended."""

    state: State
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True)
class Closing:
    """The answers given at check-out; None where nobody was asked. The amount is in minor units."""

    follow_up: FollowUp | None = None
    settlement: Settlement | None = None
    amount_minor: int | None = None
    currency: str | None = None
    note: str | None = None
    is_closed_by_day: bool = False


def topics(visit: Visit) -> tuple[str, str]:
    """The live topics of its day and of its patient's visits."""
    return f"visits:{visit.day.isoformat()}", f"visits:patient-{visit.patient_id}"


def open_visit(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    appointment: Appointment | None = None,
    day: dt.date,
    arrived_at: dt.datetime | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Visit:
    """A visit that begins now, or began at `arrived_at`; one that its appointment had before on this day goes on.

    Its next queue entry is made in the same transaction. Lock the appointment first.
    """
    arrived_at = arrived_at or now
    visit = _earlier_visit(session, appointment, day)
    if visit is None:
        visit = Visit(
            patient_id=patient_id,
            appointment_id=appointment.id if appointment else None,
            practitioner_id=appointment.practitioner_id if appointment else None,
            service_id=service_id,
            day=day,
            state=State.WAITING,
            arrived_at=arrived_at,
            is_closed_by_day=False,
            version=1,
        )
        visit.previous_visit_at = note_visit(session, patient_id=patient_id, at=arrived_at)
        session.add(visit)
    elif visit.state is State.UNDONE:
        visit.arrived_at = arrived_at
    session.flush()
    _announce(session, visit, "visits.open", actor=actor, now=now, after={"appointment_id": visit.appointment_id})
    # Its first ticket changes nothing that would make the appointment follow.
    _follow_appointment(session, visit, State.WAITING, actor=actor, now=now)
    return visit


def _earlier_visit(session: Session, appointment: Appointment | None, day: dt.date) -> Visit | None:
    """The visit this appointment had on this day; one of another day stays there as a visit without appointment."""
    found = find_visit_of_appointment(session, appointment.id) if appointment else None
    if found is not None and found.day != day:
        found.appointment_id = None
        session.flush()
        return None
    return found


def set_course(session: Session, *, visit_id: int, course: Course, actor: Actor, now: dt.datetime) -> Visit:
    """Take over what the queue entries say. A check-out holds: Conflict when a ticket would go on, or leave, after it,
    since its answers would be lost. Only undo_check_out() takes it back."""
    visit = get_visit(session, visit_id, lock=True)
    values = asdict(course)
    if visit.checked_out_at:
        if course.state is not State.READY:
            raise Conflict(_("This patient has been checked out. Take the check-out back first."))
        values["state"] = State.FINISHED
    _change(session, visit, values, actor=actor, now=now)
    return visit


def check_out(session: Session, *, visit_id: int, closing: Closing, actor: Actor, now: dt.datetime) -> Visit:
    """End a visit whose services are all done. Conflict while one is not, or when it has ended already."""
    visit = get_visit(session, visit_id, lock=True)
    if visit.state is not State.READY:
        raise Conflict(_("This visit was changed by somebody else meanwhile."))
    values = {"state": State.FINISHED, "checked_out_at": now, "checked_out_by_id": actor.actor_id, **asdict(closing)}
    _change(session, visit, values, actor=actor, now=now)
    return visit


def undo_check_out(session: Session, *, visit_id: int, actor: Actor, now: dt.datetime) -> Visit:
    """Take a check-out back: its answers are asked again. Conflict unless the visit is checked out."""
    visit = get_visit(session, visit_id, lock=True)
    if visit.state is not State.FINISHED:
        raise Conflict(_("This visit was changed by somebody else meanwhile."))
    _change(session, visit, {"state": State.READY, **_UNCHECKED}, actor=actor, now=now)
    return visit


def _change(session: Session, visit: Visit, values: dict[str, Any], *, actor: Actor, now: dt.datetime) -> None:
    """The one place where a locked visit changes: appointment and patient follow, audit and screens learn of it."""
    old = {name: getattr(visit, name) for name in _CHANGING}
    before, after = changes(old, {**old, **values})
    if not after:
        return
    for name, value in after.items():
        setattr(visit, name, value)
    visit.version += 1
    session.flush()
    if "state" in after:
        _follow_appointment(session, visit, visit.state, actor=actor, now=now)
        _follow_patient(session, visit, old["state"])
    action = f"visits.{visit.state}" if "state" in after else "visits.update"
    _announce(session, visit, action, actor=actor, now=now, before=before, after=after)


def _follow_appointment(session: Session, visit: Visit, state: State, *, actor: Actor, now: dt.datetime) -> None:
    """The appointment says what the visit says. One that was moved to another day meanwhile has left this visit."""
    if visit.appointment_id is None:
        return
    appointment = get_appointment(session, visit.appointment_id, lock=True)
    if appointment.day != visit.day:
        visit.appointment_id = None
        session.flush()
        return
    cancelled_by = CancelledBy.CLINIC if state is State.CANCELLED else CancelledBy.PATIENT
    follow_visit(
        session,
        appointment=appointment,
        state=APPOINTMENT_STATES[state],
        cancelled_by=cancelled_by,
        actor=actor,
        now=now,
    )


def _follow_patient(session: Session, visit: Visit, state_before: State) -> None:
    """A check-in by mistake is not the patient's last visit."""
    if visit.state is State.UNDONE and state_before is not State.UNDONE:
        # Locked before their other visits are read: of two mistakes undone at once the later sees the earlier.
        lock_patient(session, visit.patient_id)
        previous = find_last_arrival(session, visit.patient_id)
        forget_visit(session, patient_id=visit.patient_id, at=visit.arrived_at, previous=previous)
    elif state_before is State.UNDONE and visit.state is not State.UNDONE:
        note_visit(session, patient_id=visit.patient_id, at=visit.arrived_at)


def _announce(session: Session, visit: Visit, action: str, **entry: Any) -> None:
    record(session, action, "visit", visit.id, patient_id=visit.patient_id, **entry)
    live.publish(session, *topics(visit))
