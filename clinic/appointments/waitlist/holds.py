"""Times that are held for somebody: taken for everyone else until the hold runs out."""

import datetime as dt

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.placement import Placement
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState


def list_holds(
    session: Session, *, from_at: dt.datetime, to_at: dt.datetime, now: dt.datetime, patient_id: int | None = None
) -> list[WaitlistEntry]:
    """Entries for which a time between two instants is held now; those of `patient_id` are not in their own way."""
    query = (
        select(WaitlistEntry)
        .where(_is_held(now), WaitlistEntry.held_from < to_at, WaitlistEntry.held_to > from_at)
        .options(
            joinedload(WaitlistEntry.patient, innerjoin=True),
            joinedload(WaitlistEntry.service, innerjoin=True),
            joinedload(WaitlistEntry.held_practitioner),
            joinedload(WaitlistEntry.held_room),
        )
        .order_by(WaitlistEntry.held_from, WaitlistEntry.id)
    )
    if patient_id is not None:
        query = query.where(WaitlistEntry.patient_id != patient_id)
    return list(session.scalars(query))


def find_holds(session: Session, placement: Placement, patient_id: int, *, now: dt.datetime) -> list[WaitlistEntry]:
    """Holds for others of the practitioner or the room of a placement."""
    held = list_holds(session, from_at=placement.starts_at, to_at=placement.ends_at, now=now, patient_id=patient_id)
    return [entry for entry in held if is_shared(entry, placement)]


def held_placement(entry: WaitlistEntry) -> Placement | None:
    """Where the held time is, if there is one."""
    if entry.held_from is None or entry.held_to is None:
        return None
    return Placement(
        starts_at=entry.held_from,
        ends_at=entry.held_to,
        practitioner_id=entry.held_practitioner_id,
        room_id=entry.held_room_id,
    )


def _is_held(now: dt.datetime) -> ColumnElement[bool]:
    return (WaitlistEntry.state == WaitState.WAITING) & (WaitlistEntry.held_until > now)


def is_shared(entry: WaitlistEntry, placement: Placement) -> bool:
    """Whether a hold is of the practitioner or the room of a placement."""
    is_same_person = placement.practitioner_id is not None and entry.held_practitioner_id == placement.practitioner_id
    return is_same_person or (placement.room_id is not None and entry.held_room_id == placement.room_id)
