"""Check-in, check-out and the other ends of a visit: each moves the tickets, and the visit follows them."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.errors import Conflict, Invalid
from clinic.patients.service import lock_patient
from clinic.queue.models import Lane, QueueEntry, State, Step
from clinic.queue.queries import find_entry_by_key, list_of_visit
from clinic.queue.service import join_queue, lock_service, move_entry
from clinic.visits import service as visits
from clinic.visits.models import Visit
from clinic.visits.queries import find_open_visit, get_visit
from clinic.visits.service import Closing


def check_in(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    lane: Lane = Lane.NORMAL,
    idempotency_key: str | None = None,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> QueueEntry:
    """A patient is here: the ticket of a new visit. The same key again returns the first ticket.

    Invalid("confirm") when the patient is here already and `is_confirmed` is not set; with it they get one more
    ticket in the same visit.
    """
    lock_service(session, service_id)
    first = find_entry_by_key(session, idempotency_key)
    if first is not None:
        return first
    # Of two check-ins at once the second waits here and then sees the visit of the first.
    lock_patient(session, patient_id)
    day = clinic_day(now, zone)
    visit = find_open_visit(session, patient_id, day)
    if visit is not None and not is_confirmed:
        raise Invalid(_("This patient is here already: tick this to give one more ticket."), "confirm")
    if visit is None:
        visit = visits.open_visit(session, patient_id=patient_id, service_id=service_id, day=day, actor=actor, now=now)
    return join_queue(
        session,
        service_id=service_id,
        visit=visit,
        lane=lane,
        idempotency_key=idempotency_key,
        actor=actor,
        now=now,
        zone=zone,
    )


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
    if visit.is_open or not entries or not entries[-1].may(Step.RESTORE):
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
