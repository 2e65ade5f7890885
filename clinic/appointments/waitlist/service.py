"""Writes: joining the waitlist, holding a time for somebody on it, booking it."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments.conflicts import SlotTaken, find_clashes, lock_resources
from clinic.appointments.history import topic
from clinic.appointments.models import Appointment, PartOfDay
from clinic.appointments.placement import Placement, Reasons, check_placement, check_service_and_patient
from clinic.appointments.service import book_appointment
from clinic.appointments.waitlist.holds import held_placement
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from clinic.appointments.waitlist.queries import get_entry
from clinic.audit.service import Actor, record
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, key_of, made_with
from clinic.patients.queries import get_living

TOPIC = "waitlist"
HOLD = dt.timedelta(minutes=10)
_NO_HOLD: dict[str, Any] = dict.fromkeys(("held_practitioner_id", "held_room_id", "held_from", "held_to", "held_until"))


def join_waitlist(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    practitioner_id: int | None,
    from_day: dt.date,
    until_day: dt.date,
    part_of_day: PartOfDay | None,
    note: str | None,
    key: Key | None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> WaitlistEntry:
    """Let a patient wait for a time. The same key again returns the first entry. Invalid, NotFound."""
    first = find_made(session, WaitlistEntry, key)
    if first is not None:
        return first
    check_service_and_patient(session, service_id, patient_id)
    if until_day < from_day or until_day < clinic_day(now, zone):
        raise Invalid(_("The last day lies before the first, or is past."), "until_day")
    if practitioner_id is not None and session.get(Practitioner, practitioner_id) is None:
        raise Invalid(_("Choose a practitioner, or anyone."), "practitioner_id")
    entry = WaitlistEntry(
        patient_id=patient_id,
        service_id=service_id,
        practitioner_id=practitioner_id,
        from_day=from_day,
        until_day=until_day,
        part_of_day=part_of_day,
        note=note,
        state=WaitState.WAITING,
        joined_at=now,
        **made_with(key),
    )
    session.add(entry)
    session.flush()
    after = {"service_id": service_id, "practitioner_id": practitioner_id, "from_day": from_day, "until_day": until_day}
    _note(session, entry, "join", after, actor=actor, now=now)
    return entry


def hold_time(
    session: Session, *, entry_id: int, placement: Placement, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> WaitlistEntry:
    """Keep a time for one who waits, for ten minutes.

    SlotTaken when it is no longer free for this patient, Invalid once they died.
    """
    entry = _locked(session, entry_id)
    check_placement(session, placement, now=now, zone=zone)
    lock_resources(session, placement, entry.patient_id)
    get_living(session, entry.patient_id)
    clashes = find_clashes(session, placement, entry.patient_id, now=now, zone=zone)
    if clashes:
        raise SlotTaken(clashes)
    entry.held_practitioner_id, entry.held_room_id = placement.practitioner_id, placement.room_id
    entry.held_from, entry.held_to, entry.held_until = placement.starts_at, placement.ends_at, now + HOLD
    _note(session, entry, "hold", {"held_from": placement.starts_at}, actor=actor, now=now, zone=zone)
    return entry


def release_hold(session: Session, *, entry_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> WaitlistEntry:
    """Give the held time back; who waited goes on waiting."""
    entry = _locked(session, entry_id)
    _note(session, entry, "release", {"held_from": None}, actor=actor, now=now, zone=zone)
    _set(entry, _NO_HOLD)
    return entry


def book_held(
    session: Session, *, entry_id: int, reasons: Reasons, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> Appointment:
    """Book the held time and end the wait. As book_appointment(); Conflict when nothing is held."""
    entry = _locked(session, entry_id)
    placement = held_placement(entry)
    if placement is None:
        raise Conflict(_("No time is held for this patient any more."))
    appointment = book_appointment(
        session,
        patient_id=entry.patient_id,
        service_id=entry.service_id,
        placement=placement,
        note=entry.note,
        reasons=reasons,
        key=key_of(f"waitlist-{entry.id}-{placement.starts_at.isoformat()}", placement),
        actor=actor,
        now=now,
        zone=zone,
    )
    entry.appointment_id = appointment.id
    _note(session, entry, "book", {"appointment_id": appointment.id}, actor=actor, now=now, zone=zone)
    _set(entry, {**_NO_HOLD, "state": WaitState.BOOKED})
    return appointment


def withdraw_entry(session: Session, *, entry_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> WaitlistEntry:
    """Let somebody wait no longer."""
    entry = _locked(session, entry_id)
    _note(session, entry, "withdraw", {"state": WaitState.WITHDRAWN}, actor=actor, now=now, zone=zone)
    _set(entry, {**_NO_HOLD, "state": WaitState.WITHDRAWN})
    return entry


def restore_entry(session: Session, *, entry_id: int, actor: Actor, now: dt.datetime) -> WaitlistEntry:
    """Put back who was taken off, at the old place. Conflict when the wait ended otherwise."""
    entry = get_entry(session, entry_id, lock=True)
    if entry.state is not WaitState.WITHDRAWN:
        raise Conflict(_("This entry was changed by somebody else meanwhile."))
    entry.state = WaitState.WAITING
    _note(session, entry, "restore", {"state": WaitState.WAITING}, actor=actor, now=now)
    return entry


def _locked(session: Session, entry_id: int) -> WaitlistEntry:
    entry = get_entry(session, entry_id, lock=True)
    if entry.state is not WaitState.WAITING:
        raise Conflict(_("This patient no longer waits: somebody was faster."))
    return entry


def _set(entry: WaitlistEntry, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(entry, name, value)


def _note(
    session: Session,
    entry: WaitlistEntry,
    verb: str,
    after: dict[str, Any],
    *,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo | None = None,
) -> None:
    """Audit and the live events; with `zone`, the day of the held time repaints too."""
    session.flush()
    record(
        session,
        f"waitlist.{verb}",
        "waitlist_entry",
        entry.id,
        actor=actor,
        now=now,
        patient_id=entry.patient_id,
        after=after,
    )
    days = [topic(clinic_day(entry.held_from, zone))] if zone and entry.held_from else []
    live.publish(session, TOPIC, *days)
