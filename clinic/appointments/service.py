"""Writes: booking, moving and everything that becomes of an appointment.

Each locks the appointment, then practitioner, room and patient in this order, then asks the table of transitions and
looks for conflicts. Whoever passes a reason for a double booking has checked `appointments.double_book` before.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.appointments.conflicts import check_free, find_overlapping, lock_resources
from clinic.appointments.history import note_step, put_back, take_step, write_values
from clinic.appointments.models import (
    FREED_STATES,
    HOLDING_STATES,
    VISIT_STEPS,
    Appointment,
    AppointmentEvent,
    CancelledBy,
    State,
    Step,
)
from clinic.appointments.placement import (
    NO_REASONS,
    Placement,
    Reasons,
    check_placement,
    check_service_and_patient,
    columns,
    placed,
    placed_before,
)
from clinic.appointments.queries import find_last_event, get_appointment, get_event
from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.errors import Conflict
from clinic.idempotency import Key, find_made, made_with

LATE_CANCEL = dt.timedelta(hours=24)
_UNDONE_HERE = frozenset({Step.MOVE, Step.CONFIRM, Step.CANCEL, Step.NO_SHOW, Step.RESTORE, Step.NOTE})


def book_appointment(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    placement: Placement,
    note: str | None = None,
    reasons: Reasons = NO_REASONS,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Appointment:
    """Keep a time for a patient. The same key again returns the first appointment.

    SlotTaken (a Conflict) when practitioner, room or patient are not free; SameDay (an Invalid) when the patient has
    another appointment that day; Invalid for a place that is not in use or a day that is past.
    """
    first = find_made(session, Appointment, key)
    if first is not None:
        return first
    check_placement(session, placement, now=now, zone=zone)
    check_service_and_patient(session, service_id, patient_id)
    lock_resources(session, placement, patient_id)
    check_free(session, placement, patient_id, reasons, now=now, zone=zone)
    return write_booking(
        session,
        patient_id=patient_id,
        service_id=service_id,
        placement=placement,
        note=note,
        reasons=reasons,
        key=key,
        actor=actor,
        now=now,
        zone=zone,
    )


def write_booking(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    placement: Placement,
    note: str | None,
    reasons: Reasons,
    series_id: int | None = None,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Appointment:
    """The row and its first step, once everything was locked and checked."""
    appointment = Appointment(
        patient_id=patient_id,
        service_id=service_id,
        series_id=series_id,
        state=State.BOOKED,
        note=note,
        booked_at=now,
        is_late_cancel=False,
        version=1,
        **made_with(key),
        **columns(placement, reasons, zone),
    )
    session.add(appointment)
    note_step(session, appointment, Step.BOOK, {}, actor=actor, now=now)
    return appointment


def move_appointment(
    session: Session,
    *,
    appointment_id: int,
    expected_version: int,
    placement: Placement,
    reasons: Reasons = NO_REASONS,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> AppointmentEvent:
    """Reschedule, resize or hand over to another practitioner or room; the history keeps where it was.

    As book_appointment() for what is not free; Conflict when it is no longer expected or at `expected_version`.
    Returns the step, by which it can be undone.
    """
    appointment = _locked(session, appointment_id, expected_version)
    check_placement(session, placement, now=now, zone=zone)
    lock_resources(session, placement, appointment.patient_id)
    is_other_day = clinic_day(placement.starts_at, zone) != appointment.day
    _check_free(session, appointment, placement, reasons, now, zone, same_day=is_other_day)
    given = columns(placement, reasons, zone)
    if not is_other_day:
        given["same_day_reason"] = appointment.same_day_reason
    return take_step(session, appointment, Step.MOVE, given, actor=actor, now=now)


def confirm_appointment(
    session: Session, *, appointment_id: int, expected_version: int, actor: Actor, now: dt.datetime
) -> AppointmentEvent:
    """The patient says that they will come."""
    appointment = _locked(session, appointment_id, expected_version)
    return take_step(session, appointment, Step.CONFIRM, {}, actor=actor, now=now)


def cancel_appointment(
    session: Session,
    *,
    appointment_id: int,
    expected_version: int,
    cancelled_by: CancelledBy,
    reason: str | None = None,
    actor: Actor,
    now: dt.datetime,
) -> AppointmentEvent:
    """Give the time back. Late when less than 24 hours are left. Who has arrived is sent away at the board instead."""
    appointment = _locked(session, appointment_id, expected_version)
    given = cancellation(appointment, cancelled_by, reason, now)
    return take_step(session, appointment, Step.CANCEL, given, actor=actor, now=now)


def mark_no_show(
    session: Session, *, appointment_id: int, expected_version: int, actor: Actor, now: dt.datetime
) -> AppointmentEvent:
    """The patient did not come. Conflict before the appointment has begun."""
    appointment = _locked(session, appointment_id, expected_version)
    if now < appointment.starts_at:
        raise Conflict(_("This appointment has not begun yet."))
    return take_step(session, appointment, Step.NO_SHOW, {}, actor=actor, now=now)


def restore_appointment(
    session: Session,
    *,
    appointment_id: int,
    expected_version: int,
    reasons: Reasons = NO_REASONS,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> AppointmentEvent:
    """Take back a cancellation or a no-show, however long ago, if its time is still free."""
    appointment = _locked(session, appointment_id, expected_version)
    placement = placed(appointment)
    lock_resources(session, placement, appointment.patient_id)
    _check_free(session, appointment, placement, reasons, now, zone)
    given = {"double_booking_reason": reasons.double_booking or appointment.double_booking_reason}
    return take_step(session, appointment, Step.RESTORE, given, actor=actor, now=now)


def edit_note(
    session: Session, *, appointment_id: int, expected_version: int, note: str | None, actor: Actor, now: dt.datetime
) -> AppointmentEvent | None:
    """Write what the next reader should know, in whatever state it is; None when that stands there already."""
    appointment = _locked(session, appointment_id, expected_version)
    if (note or None) == (appointment.note or None):
        return None
    return take_step(session, appointment, Step.NOTE, {"note": note}, actor=actor, now=now)


def undo_step(session: Session, *, event_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> Appointment:
    """Take back a step. Conflict unless it is still the last one, taken here, and its old time is still free."""
    event = get_event(session, event_id)
    appointment = get_appointment(session, event.appointment_id, lock=True)
    last = find_last_event(session, appointment.id)
    if last is None or last.id != event_id or event.step not in _UNDONE_HERE:
        raise Conflict(_("Somebody went on with this appointment: the step can no longer be undone."))
    values = put_back(event)
    placement = placed_before(appointment, values)
    lock_resources(session, placement, appointment.patient_id)
    reasons = Reasons(double_booking=values.get("double_booking_reason", appointment.double_booking_reason))
    if values.get("state", appointment.state) in HOLDING_STATES:
        _check_free(session, appointment, placement, reasons, now, zone)
    write_values(session, appointment, Step.UNDO, values, actor=actor, now=now)
    return appointment


def follow_visit(
    session: Session,
    *,
    appointment: Appointment,
    state: State,
    cancelled_by: CancelledBy = CancelledBy.PATIENT,
    actor: Actor,
    now: dt.datetime,
) -> Appointment:
    """What the visit has come to: arrived, in progress, fulfilled, cancelled (left unseen), no-show, or booked again.

    The only way in which visits change appointments, forwards and backwards; the same state again does nothing. Facts
    are not refused: who comes although the time was given away is noted as a double booking.
    """
    appointment = get_appointment(session, appointment.id, lock=True)
    if appointment.state is state or (state is State.BOOKED and appointment.state is State.CONFIRMED):
        return appointment
    given: dict[str, Any] = {}
    if state is State.CANCELLED:
        has_left = cancelled_by is CancelledBy.PATIENT
        reason = _("Left without being seen") if has_left else _("Cancelled after check-in")
        given = cancellation(appointment, cancelled_by, reason, now)
    elif state is State.BOOKED:
        given = {"state": _before_visit(session, appointment)}
    if appointment.state in FREED_STATES and state not in FREED_STATES:
        lock_resources(session, placed(appointment), appointment.patient_id)
        if not appointment.double_booking_reason and _is_taken(session, appointment):
            given["double_booking_reason"] = _("Came after the time had been given away")
    take_step(session, appointment, VISIT_STEPS[state], given, actor=actor, now=now)
    return appointment


def _before_visit(session: Session, appointment: Appointment) -> State:
    """Booked or confirmed, as it was when the patient arrived."""
    arrival = find_last_event(session, appointment.id, step=Step.ARRIVE)
    was_confirmed = arrival is not None and arrival.from_state is State.CONFIRMED
    return State.CONFIRMED if was_confirmed else State.BOOKED


def _is_taken(session: Session, appointment: Appointment) -> bool:
    overlapping = find_overlapping(session, placed(appointment), appointment.patient_id, apart_from=(appointment.id,))
    return bool(overlapping)


def _locked(session: Session, appointment_id: int, expected_version: int) -> Appointment:
    appointment = get_appointment(session, appointment_id, lock=True)
    if appointment.version != expected_version:
        raise Conflict(_("Somebody changed this appointment meanwhile. This is how it stands now."))
    return appointment


def _check_free(
    session: Session,
    appointment: Appointment,
    placement: Placement,
    reasons: Reasons,
    now: dt.datetime,
    zone: ZoneInfo,
    *,
    same_day: bool = False,
) -> None:
    """As check_free(), for an appointment that exists."""
    check_free(
        session,
        placement,
        appointment.patient_id,
        reasons,
        now=now,
        zone=zone,
        apart_from=(appointment.id,),
        same_day=same_day,
    )


def cancellation(
    appointment: Appointment, cancelled_by: CancelledBy, reason: str | None, now: dt.datetime
) -> dict[str, Any]:
    """What a cancellation writes down. Late only when the patient cancels with less than 24 hours left."""
    is_late = cancelled_by is CancelledBy.PATIENT and appointment.starts_at - now < LATE_CANCEL
    return {"cancelled_by": cancelled_by, "cancel_reason": reason, "is_late_cancel": is_late}
