"""Tickets given by a kiosk."""

import datetime as dt
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.idempotency import Key, find_made, key_of
from clinic.queue.checkin.service import check_in
from clinic.queue.kiosk.screen.queries import Claim, find_claimed, find_due
from clinic.queue.models import QueueEntry
from clinic.queue.service import join_queue, lock_service
from clinic.visits.queries import find_open_visit, lock_visits


def give_walk_in(
    session: Session, *, service_id: int, key: Key, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> QueueEntry:
    """A ticket without a name. The same key again returns the first ticket."""
    return join_queue(session, service_id=service_id, key=key, actor=actor, now=now, zone=zone)


def give_claimed(
    session: Session, *, service_id: int, claim: Claim, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> QueueEntry:
    """A ticket for whoever says who they are: their check-in when the clinic knows them, else one without a name.

    The check-in counts as claimed until the desk confirms it. Nobody can tell which from the ticket. The same claim
    again returns the same ticket while it is open, whether it is a patient's or not; whoever is here already gets
    another ticket, without a name.
    """
    day = clinic_day(now, zone)
    _prefix, department_id = lock_service(session, service_id)
    key, given = _find_given(session, claim.digest(day, service_id))
    patient_id = find_claimed(session, claim)
    if given is not None:
        return given
    if patient_id is not None:
        lock_visits(session, patient_id, day)
    if patient_id is None or find_open_visit(session, patient_id, day) is not None:
        return give_walk_in(session, service_id=service_id, key=key, actor=actor, now=now, zone=zone)
    due = find_due(session, patient_id, department_id, day=day, now=now)
    return check_in(
        session,
        patient_id=patient_id,
        service_id=service_id,
        appointment_id=due.id if due else None,
        is_claimed=True,
        key=key,
        actor=actor,
        now=now,
        zone=zone,
    )


def _find_given(session: Session, digest: str) -> tuple[Key, QueueEntry | None]:
    """The open ticket this claim already got today, or the key of its next one."""
    for number in count(1):
        key = key_of(f"claim:{digest}:{number}")
        entry = find_made(session, QueueEntry, key)
        if entry is None or entry.is_open:
            return key, entry
    raise AssertionError("unreachable")
