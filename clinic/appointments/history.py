"""Taking a step and noting it in three places: the appointment's history, the audit log and the live event."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments.conflicts import SlotTaken
from clinic.appointments.models import TRANSITIONS, Appointment, AppointmentEvent, CancelledBy, State, Step
from clinic.audit.service import Actor, changes, record
from clinic.errors import Conflict

# What a step may change, and so what an undo puts back.
_MOVING = (
    "state",
    "series_id",
    "practitioner_id",
    "room_id",
    "starts_at",
    "ends_at",
    "day",
    "note",
    "double_booking_reason",
    "same_day_reason",
    "cancelled_by",
    "is_late_cancel",
    "cancel_reason",
)
_CANCELLATION: dict[str, Any] = {"cancelled_by": None, "is_late_cancel": False, "cancel_reason": None}


def topic(day: dt.date) -> str:
    """The live topic of a day's appointments."""
    return f"appointments:{day.isoformat()}"


def take_step(
    session: Session, appointment: Appointment, step: Step, given: dict[str, Any], *, actor: Actor, now: dt.datetime
) -> AppointmentEvent:
    """The one place where a locked appointment moves on. Conflict when its state does not allow the step."""
    if not appointment.state.may(step):
        raise Conflict(_("This appointment was changed by somebody else meanwhile."))
    target = TRANSITIONS[step][appointment.state]
    cleared = _CANCELLATION if appointment.state is State.CANCELLED is not target else {}
    return write_values(session, appointment, step, {"state": target, **cleared, **given}, actor=actor, now=now)


def put_back(event: AppointmentEvent) -> dict[str, Any]:
    """What the columns held before `event`, as Python values."""
    return {name: _revived(name, value) for name, value in event.before.items()}


def write_values(
    session: Session, appointment: Appointment, step: Step, values: dict[str, Any], *, actor: Actor, now: dt.datetime
) -> AppointmentEvent:
    """Set columns and note the step. SlotTaken when the database itself finds the time taken."""
    before = current_values(appointment)
    for name, value in values.items():
        setattr(appointment, name, value)
    appointment.version += 1
    return note_step(session, appointment, step, before, actor=actor, now=now)


def note_step(
    session: Session,
    appointment: Appointment,
    step: Step,
    before: dict[str, Any],
    *,
    actor: Actor,
    now: dt.datetime,
) -> AppointmentEvent:
    """Flush a step already taken and note it; `before` is empty for a new appointment."""
    try:
        session.flush()
    except IntegrityError as error:
        raise SlotTaken(()) from error
    old, new = changes(before, current_values(appointment)) if before else ({}, current_values(appointment))
    event = AppointmentEvent(
        appointment_id=appointment.id,
        step=step,
        from_state=before.get("state"),
        to_state=appointment.state,
        actor_id=actor.actor_id,
        actor_name=actor.actor_name,
        at=now,
        before={name: value.isoformat() if isinstance(value, dt.date) else value for name, value in old.items()},
    )
    session.add(event)
    record(
        session,
        f"appointments.{step}",
        "appointment",
        appointment.id,
        actor=actor,
        now=now,
        patient_id=appointment.patient_id,
        before=old or None,
        after={name: value for name, value in new.items() if value is not None or name in old},
    )
    days = dict.fromkeys((appointment.day, before.get("day", appointment.day)))
    live.publish(session, *(topic(day) for day in days))
    session.flush()
    return event


def current_values(appointment: Appointment) -> dict[str, Any]:
    """The columns that steps change."""
    return {name: getattr(appointment, name) for name in _MOVING}


def _revived(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        return dt.datetime.fromisoformat(value)
    if name == "day":
        return dt.date.fromisoformat(value)
    if name == "state":
        return State(value)
    return CancelledBy(value) if name == "cancelled_by" and value else value
