"""Check-in, check-out and the other ends of a visit: each moves the tickets, and the visit follows them."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.appointments.queries import get_appointment
from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import Key, find_made
from clinic.patients.queries import living
from clinic.patients.service import lock_patient
from clinic.queue.models import Lane, QueueEntry, State, Step
from clinic.queue.queries import get_entry, list_of_visit, list_open_of_patient
from clinic.queue.service import join_queue, lock_service, move_entry, name_entry
from clinic.visits import service as visits
from clinic.visits.models import Visit
from clinic.visits.queries import find_open_visit, get_visit, lock_visits
from clinic.visits.service import Closing


def check_in(
    session: Session,
    *,
    patient_id: int,
    service_id: int | None = None,
    appointment_id: int | None = None,
    lane: Lane = Lane.NORMAL,
    key: Key | None = None,
    is_confirmed: bool = False,
    is_claimed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> QueueEntry:
    """A patient is here, for an appointment of today or as a walk-in: a visit and its ticket, and the appointment has
    arrived. Without `service_id` it is the appointment's. The same key again returns the first ticket.

    `is_claimed` when only a kiosk was told who it is. Invalid("confirm") when the patient is here already and
    `is_confirmed` is not set; with it a walk-in gets one more ticket in the same visit. Conflict when this appointment
    has been checked in.
    """
    first = find_made(session, QueueEntry, key)
    if first is not None:
        return first
    if service_id is None and appointment_id is not None:
        service_id = get_appointment(session, appointment_id).service_id
    if service_id is None:
        raise Invalid(_("Choose a service."), "service_id")
    lock_service(session, service_id)
    appointment = _lock_patients_day(session, patient_id, appointment_id, clinic_day(now, zone))
    visit = _begin(session, patient_id, service_id, appointment, is_confirmed, actor=actor, now=now, zone=zone)
    return join_queue(
        session,
        service_id=service_id,
        visit=visit,
        lane=lane,
        is_claimed=is_claimed,
        key=key,
        actor=actor,
        now=now,
        zone=zone,
    )


def identify_walk_in(
    session: Session,
    *,
    entry_id: int,
    patient_id: int,
    appointment_id: int | None = None,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> QueueEntry:
    """Say who the holder of an anonymous ticket is: a visit since they took it, as check_in() makes one.

    Conflict when the ticket is closed, of another day or no longer anonymous, or when the patient waits for this
    service with another ticket. Invalid("confirm") as check_in().
    """
    entry = get_entry(session, entry_id, lock=True)
    if entry.day != clinic_day(now, zone) or not entry.is_open:
        raise Conflict(_("%(ticket)s was closed meanwhile.", ticket=entry.ticket))
    if entry.patient_id is not None:
        raise Conflict(_("Somebody has said meanwhile who %(ticket)s is.", ticket=entry.ticket))
    appointment = _lock_patients_day(session, patient_id, appointment_id, entry.day)
    for other in list_open_of_patient(session, patient_id, entry.day):
        if other.service_id == entry.service_id:
            raise Conflict(_("This patient waits for this service already, with %(ticket)s.", ticket=other.ticket))
    visit = _begin(
        session,
        patient_id,
        entry.service_id,
        appointment,
        is_confirmed,
        arrived_at=entry.joined_at,
        actor=actor,
        now=now,
        zone=zone,
    )
    return name_entry(session, entry, visit=visit, actor=actor, now=now)


def _begin(
    session: Session,
    patient_id: int,
    service_id: int,
    appointment: Appointment | None,
    is_confirmed: bool,
    *,
    arrived_at: dt.datetime | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Visit:
    """The visit that the next ticket belongs to, once everything is locked."""
    day = clinic_day(now, zone)
    here = find_open_visit(session, patient_id, day)
    if here is not None and not is_confirmed:
        raise Invalid(_("This patient is here already: tick this to give one more ticket."), "confirm")
    if here is not None and appointment is None:
        return here
    return visits.open_visit(
        session,
        patient_id=patient_id,
        service_id=service_id,
        appointment=appointment,
        day=day,
        arrived_at=arrived_at,
        actor=actor,
        now=now,
    )


def _lock_patients_day(
    session: Session, patient_id: int, appointment_id: int | None, day: dt.date
) -> Appointment | None:
    """Visits, appointment and patient, in this order. Of two check-ins at once the second sees what the first did."""
    lock_visits(session, patient_id, day)
    appointment = _lock_appointment(session, appointment_id, patient_id, day) if appointment_id is not None else None
    living(lock_patient(session, patient_id))
    return appointment


def _lock_appointment(session: Session, appointment_id: int, patient_id: int, day: dt.date) -> Appointment:
    appointment = get_appointment(session, appointment_id, lock=True)
    if appointment.patient_id != patient_id:
        raise NotFound(_("There is no such appointment."))
    if appointment.day != day:
        raise Invalid(_("This appointment is not today."), "appointment_id")
    if appointment.state.has_come:
        raise Conflict(_("This appointment has been checked in already."))
    return appointment


def check_out(session: Session, *, visit_id: int, closing: Closing, actor: Actor, now: dt.datetime) -> Visit:
    """The patient goes. What is still being done counts as done, what they still waited for as not wanted any more.

    Conflict when nobody has seen them, or when the visit has ended already.
    """
    entries = list_of_visit(session, visit_id, lock=True)
    visit = get_visit(session, visit_id)
    if not visit.may_check_out:
        raise _changed()
    for entry in entries:
        if entry.is_open:
            is_here = entry.state in (State.CALLED, State.IN_SERVICE)
            move_entry(session, entry_id=entry.id, step=Step.FINISH if is_here else Step.LEAVE, actor=actor, now=now)
    return visits.check_out(session, visit_id=visit_id, closing=closing, actor=actor, now=now)


def undo_check_out(session: Session, *, visit_id: int, actor: Actor, now: dt.datetime) -> Visit:
    """Take back a check-out; the tickets stay done."""
    return visits.undo_check_out(session, visit_id=visit_id, actor=actor, now=now)


def leave_unseen(session: Session, *, visit_id: int, actor: Actor, now: dt.datetime) -> Visit:
    """The patient went away without being seen. Conflict when somebody has begun to see them."""
    return _end_unseen(session, visit_id, Step.LEAVE, actor=actor, now=now)


def cancel_visit(session: Session, *, visit_id: int, reason: str, actor: Actor, now: dt.datetime) -> Visit:
    """The clinic sends the patient away, and says why. Conflict when somebody has begun to see them."""
    return _end_unseen(session, visit_id, Step.CANCEL, reason=reason, actor=actor, now=now)


def undo_check_in(session: Session, *, visit_id: int, actor: Actor, now: dt.datetime) -> Visit:
    """The patient was checked in by mistake. Conflict when somebody has begun to see them."""
    return _end_unseen(session, visit_id, Step.WITHDRAW, actor=actor, now=now)


def bring_back(session: Session, *, visit_id: int, actor: Actor, now: dt.datetime) -> Visit:
    """Who had left, or was cancelled, waits again with the newest ticket. Conflict when they are here."""
    entries = list_of_visit(session, visit_id, lock=True)
    visit = get_visit(session, visit_id)
    if not visit.may_bring_back or not entries or not entries[-1].may(Step.RESTORE):
        raise _changed()
    move_entry(session, entry_id=entries[-1].id, step=Step.RESTORE, actor=actor, now=now)
    return visit


def _end_unseen(
    session: Session, visit_id: int, step: Step, *, reason: str | None = None, actor: Actor, now: dt.datetime
) -> Visit:
    entries = list_of_visit(session, visit_id, lock=True)
    visit = get_visit(session, visit_id)
    if not visit.may_end_unseen:
        raise _changed()
    for entry in entries:
        if entry.is_open:
            move_entry(session, entry_id=entry.id, step=step, reason=reason, actor=actor, now=now)
    return visit


def _changed() -> Conflict:
    return Conflict(_("This visit was changed by somebody else meanwhile."))
