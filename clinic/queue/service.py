"""Writes: giving tickets and moving them. Each locks the entry, asks the table of transitions, then writes."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Date, String, bindparam, insert, select, text
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.clock import clinic_day
from clinic.directory.models import Department, Room, Service
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import Key, find_made, made_with
from clinic.queue.following import follow_tickets
from clinic.queue.models import CLOSED_STATES, TRANSITIONS, Lane, QueueEntry, QueueEvent, RoomChoice, State, Step
from clinic.queue.phone.service import add_link
from clinic.queue.queries import (
    find_last_event,
    get_entry,
    get_event,
    list_left_open,
    next_waiting,
)
from clinic.visits.models import Visit

# What a step may change, and so what an undo puts back.
_MOVING = (
    "state",
    "service_id",
    "department_id",
    "room_id",
    "called_at",
    "started_at",
    "served_at",
    "finished_at",
    "call_count",
    "cancel_reason",
    "is_claimed",
    "patient_id",
    "visit_id",
)
# One statement on both databases: two joins at once never get the same number and a rollback leaves no gap.
_TAKE_NUMBER = text(
    "INSERT INTO ticket_counters (day, prefix, last_number) VALUES (:day, :prefix, 1) "
    "ON CONFLICT (day, prefix) DO UPDATE SET last_number = ticket_counters.last_number + 1 RETURNING last_number"
).bindparams(bindparam("day", type_=Date), bindparam("prefix", type_=String))
# A row, not an object: nobody looks at it again in the transaction that wrote it.
_ADD_EVENT = insert(QueueEvent.__table__)  # type: ignore[arg-type]
_SERVICE = (
    select(Service.ticket_prefix, Service.department_id)
    .where(Service.id == bindparam("service_id"), Service.is_active)
    .with_for_update(key_share=True)
)


def topic(department_id: int) -> str:
    """The live topic of a department's board."""
    return f"queue:{department_id}"


def join_queue(
    session: Session,
    *,
    service_id: int,
    visit: Visit | None = None,
    lane: Lane = Lane.NORMAL,
    is_claimed: bool = False,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> QueueEntry:
    """Give a ticket; without a visit it is an anonymous walk-in's. The same key again returns the first ticket.

    A patient gets one by queue/checkin, which makes the visit.
    """
    first = find_made(session, QueueEntry, key)
    if first is not None:
        return first
    prefix, department_id = lock_service(session, service_id)
    day = clinic_day(now, zone)
    entry = QueueEntry(
        day=day,
        prefix=prefix,
        number=session.execute(_TAKE_NUMBER, {"day": day, "prefix": prefix}).scalar_one(),
        service_id=service_id,
        department_id=department_id,
        patient_id=visit.patient_id if visit else None,
        visit_id=visit.id if visit else None,
        lane=lane,
        state=State.WAITING,
        joined_at=now,
        call_count=0,
        is_claimed=is_claimed,
        **made_with(key),
    )
    session.add(entry)
    session.flush()
    add_link(session, entry_id=entry.id, now=now)
    _note(session, entry, Step.JOIN, {}, actor=actor, now=now)
    return entry


def lock_service(session: Session, service_id: int) -> tuple[str, int]:
    """Prefix and department of the service, locked for as long as something is made for it."""
    found = session.execute(_SERVICE, {"service_id": service_id}).one_or_none()
    if found is None:
        raise Invalid(_("Choose a service."), "service_id")
    return found.ticket_prefix, found.department_id


def call_next(
    session: Session,
    *,
    department_id: int,
    room_id: int | None,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> QueueEntry | None:
    """Call whoever is first (lane, then arrival) to a room; None when nobody waits today.

    Callers at the same moment take turns: each gets a ticket of their own and none is left out. The same key again
    calls nobody else.
    """
    sent = find_made(session, QueueEvent, key)
    if sent is not None:
        return get_entry(session, sent.entry_id)
    if session.get(Department, department_id, with_for_update={"key_share": True}) is None:
        raise NotFound(_("There is no such department."))
    _check_room(session, room_id, department_id)
    entry = next_waiting(session, department_id, clinic_day(now, zone))
    if entry is None:
        return None
    _apply(session, entry, Step.CALL, {"room_id": room_id}, actor=actor, now=now, key=key)
    return entry


def move_entry(
    session: Session,
    *,
    entry_id: int,
    step: Step,
    room_id: int | None = None,
    reason: str | None = None,
    actor: Actor,
    now: dt.datetime,
) -> QueueEntry:
    """Take a step; `room_id` for calls, `reason` for CANCEL. Conflict when its state does not allow the step."""
    entry = get_entry(session, entry_id, lock=True)
    given: dict[str, Any] = {}
    if step in (Step.CALL, Step.RECALL):
        _check_room(session, room_id, entry.department_id)
        given["room_id"] = room_id or entry.room_id
    if step is Step.CANCEL:
        if not reason:
            raise Invalid(_("Say why the ticket is cancelled."), "reason")
        given["cancel_reason"] = reason
    if step is Step.CONFIRM:
        given["is_claimed"] = False
    _apply(session, entry, step, given, actor=actor, now=now)
    return entry


def close_left_open(session: Session, *, department_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> int:
    """Close what past days left open in a department, a screenful at a time; returns how many."""
    left = list_left_open(session, department_id, clinic_day(now, zone))
    for entry in left:
        _apply(session, get_entry(session, entry.id, lock=True), Step.CLOSE, {}, actor=actor, now=now)
    return len(left)


def transfer_entry(session: Session, *, entry_id: int, service_id: int, actor: Actor, now: dt.datetime) -> QueueEntry:
    """Send an entry to wait for another service, in whatever department: it keeps its ticket and arrival."""
    entry = get_entry(session, entry_id, lock=True)
    service = session.get(Service, service_id)
    if service is None or not service.is_active or service.id == entry.service_id:
        raise Invalid(_("Choose another service."), "service_id")
    left = entry.department_id
    given = {"service_id": service.id, "department_id": service.department_id}
    _apply(session, entry, Step.TRANSFER, given, actor=actor, now=now)
    if left != entry.department_id:
        live.publish(session, topic(left))
    return entry


def name_entry(session: Session, entry: QueueEntry, *, visit: Visit, actor: Actor, now: dt.datetime) -> QueueEntry:
    """A locked, anonymous ticket belongs to a visit from now on. Conflict when it is closed.

    Who a walk-in is, is said by queue/checkin, which makes the visit.
    """
    given = {"patient_id": visit.patient_id, "visit_id": visit.id}
    _apply(session, entry, Step.IDENTIFY, given, actor=actor, now=now)
    return entry


def undo_step(session: Session, *, event_id: int, actor: Actor, now: dt.datetime) -> QueueEntry:
    """Take back a step. Conflict unless it is still the entry's last one; giving the ticket is not undone."""
    event = get_event(session, event_id)
    entry = get_entry(session, event.entry_id, lock=True)
    last = find_last_event(session, entry.id)
    if last is None or last.id != event_id or event.step in (Step.JOIN, Step.UNDO):
        raise Conflict(_("Somebody went on with this ticket: the step can no longer be undone."))
    left, left_visit = entry.department_id, entry.visit_id
    before = _values(entry)
    for name, value in event.before.items():
        setattr(entry, name, dt.datetime.fromisoformat(value) if value and name.endswith("_at") else value)
    entry.state = State(entry.state)
    session.flush()
    _note(session, entry, Step.UNDO, before, actor=actor, now=now)
    if left_visit != entry.visit_id:
        follow_tickets(session, left_visit, actor=actor, now=now)
    if left != entry.department_id:
        live.publish(session, topic(left))
    return entry


def choose_room(session: Session, *, user_id: int, department_id: int, room_id: int) -> None:
    """Remember where a user works; a convenience, not audited."""
    _check_room(session, room_id, department_id)
    session.merge(RoomChoice(user_id=user_id, department_id=department_id, room_id=room_id))
    session.flush()


def _check_room(session: Session, room_id: int | None, department_id: int) -> None:
    room = session.get(Room, room_id) if room_id is not None else None
    if room_id is not None and (room is None or room.department_id != department_id or not room.is_active):
        raise Invalid(_("Choose a room of this department."), "room_id")


def _apply(
    session: Session,
    entry: QueueEntry,
    step: Step,
    given: dict[str, Any],
    *,
    actor: Actor,
    now: dt.datetime,
    key: Key | None = None,
) -> None:
    """The one place where a locked entry moves on."""
    if not entry.may(step):
        raise Conflict(_("%(ticket)s was changed by somebody else meanwhile.", ticket=entry.ticket))
    before = _values(entry)
    target = TRANSITIONS[step][entry.state]
    for name, value in {**_consequences(entry, step, target, now), **given, "state": target}.items():
        setattr(entry, name, value)
    session.flush()
    _note(session, entry, step, before, actor=actor, now=now, key=key)


def _consequences(entry: QueueEntry, step: Step, target: State, now: dt.datetime) -> dict[str, Any]:
    """What a step does to the times of an entry."""
    if step in (Step.IDENTIFY, Step.CONFIRM):
        return {}
    if target is State.WAITING:
        back: dict[str, Any] = dict.fromkeys(("room_id", "called_at", "started_at", "finished_at", "cancel_reason"))
        return back
    if target is State.CALLED:
        return {"called_at": now, "call_count": entry.call_count + 1}
    if step is Step.START:
        return {"started_at": now, "served_at": entry.served_at or now}
    if step is Step.FINISH:
        return {"finished_at": now, "served_at": entry.served_at or entry.called_at}
    return {"finished_at": now} if target in CLOSED_STATES else {}


def _values(entry: QueueEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _MOVING}


def _note(
    session: Session,
    entry: QueueEntry,
    step: Step,
    before: dict[str, Any],
    *,
    actor: Actor,
    now: dt.datetime,
    key: Key | None = None,
) -> None:
    """History, audit, the live event and the visit that follows, of a step already taken."""
    old, new = changes(before, _values(entry)) if before else ({}, _values(entry))
    kept = {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in old.items()}
    session.execute(
        _ADD_EVENT,
        {
            "entry_id": entry.id,
            "step": step,
            "from_state": before.get("state"),
            "to_state": entry.state,
            "service_id": entry.service_id,
            "room_id": entry.room_id,
            "actor_id": actor.actor_id,
            "actor_name": actor.actor_name,
            "at": now,
            "before": kept,
            **made_with(key),
        },
    )
    record(
        session,
        f"queue.{step}",
        "queue_entry",
        entry.id,
        actor=actor,
        now=now,
        patient_id=entry.patient_id,
        before=old or None,
        after={"ticket": entry.ticket, **{k: v for k, v in new.items() if v is not None or k in old}},
    )
    live.publish(session, topic(entry.department_id))
    follow_tickets(session, entry.visit_id, actor=actor, now=now)
