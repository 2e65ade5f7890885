"""Reads of the waitlist: who waits, and which free times suit whom."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import Appointment
from clinic.appointments.slots import Slot, Wish, find_free_for_each
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from clinic.clock import clinic_day
from clinic.errors import NotFound

SHOWN = 100
# Whose free times are looked for, and how many times each is offered.
LOOKED_FOR, OFFERED = 30, 3


@dataclass(frozen=True)
class Opening:
    """A free time and who waits for one like it, the longest first."""

    slot: Slot
    entries: Sequence[WaitlistEntry]


def get_entry(session: Session, entry_id: int, *, lock: bool = False) -> WaitlistEntry:
    """The entry, or NotFound. With `lock` nobody else changes it until the transaction ends."""
    entry = session.get(WaitlistEntry, entry_id, with_for_update=lock or None, populate_existing=True)
    if entry is None:
        raise NotFound(_("There is no such entry on the waitlist."))
    return entry


def find_by_key(session: Session, idempotency_key: str | None) -> WaitlistEntry | None:
    """What an earlier submit of the same form made."""
    if idempotency_key is None:
        return None
    return session.scalar(select(WaitlistEntry).where(WaitlistEntry.idempotency_key == idempotency_key))


def list_waiting(session: Session, *, today: dt.date, limit: int = SHOWN) -> list[WaitlistEntry]:
    """Everyone who waits for a day that is not past, the longest first."""
    return list(session.scalars(_waiting(today).limit(limit)))


def list_of_patient(session: Session, patient_id: int, *, today: dt.date) -> list[WaitlistEntry]:
    """What a patient waits for."""
    return list(session.scalars(_waiting(today).where(WaitlistEntry.patient_id == patient_id)))


def _waiting(today: dt.date) -> Select[tuple[WaitlistEntry]]:
    return (
        select(WaitlistEntry)
        .where(WaitlistEntry.state == WaitState.WAITING, WaitlistEntry.until_day >= today)
        .options(
            joinedload(WaitlistEntry.patient, innerjoin=True),
            joinedload(WaitlistEntry.service, innerjoin=True),
            joinedload(WaitlistEntry.practitioner),
            joinedload(WaitlistEntry.held_practitioner),
            joinedload(WaitlistEntry.held_room),
        )
        .order_by(WaitlistEntry.joined_at, WaitlistEntry.id)
    )


def count_suited(session: Session, appointment: Appointment) -> int:
    """How many others wait for a time such as this appointment's."""
    query = select(func.count(WaitlistEntry.id)).where(
        WaitlistEntry.state == WaitState.WAITING,
        WaitlistEntry.from_day <= appointment.day,
        WaitlistEntry.until_day >= appointment.day,
        WaitlistEntry.patient_id != appointment.patient_id,
        or_(
            WaitlistEntry.practitioner_id == appointment.practitioner_id,
            WaitlistEntry.practitioner_id.is_(None) & (WaitlistEntry.service_id == appointment.service_id),
        ),
    )
    return session.scalar(query) or 0


def list_openings(session: Session, *, now: dt.datetime, zone: ZoneInfo) -> list[Opening]:
    """Free times that somebody waits for, the earliest first, however they became free.

    Looks for those who wait the longest and have no time held yet.
    """
    today = clinic_day(now, zone)
    entries = [e for e in list_waiting(session, today=today, limit=LOOKED_FOR) if not e.is_held(now)]
    wishes = [_wish(entry, today) for entry in entries]
    suited: dict[tuple[dt.datetime, int | None, int | None], tuple[Slot, list[WaitlistEntry]]] = {}
    for entry, slots in zip(
        entries, find_free_for_each(session, wishes, limit=OFFERED, now=now, zone=zone), strict=True
    ):
        for slot in slots:
            key = (slot.starts_at, slot.practitioner_id, slot.room_id)
            suited.setdefault(key, (slot, []))[1].append(entry)
    return [Opening(slot, who) for _key, (slot, who) in sorted(suited.items(), key=lambda item: item[1][0].starts_at)]


def _wish(entry: WaitlistEntry, today: dt.date) -> Wish:
    return Wish(
        service_id=entry.service_id,
        practitioner_id=entry.practitioner_id,
        from_day=max(entry.from_day, today),
        until_day=entry.until_day,
        part_of_day=entry.part_of_day,
        patient_id=entry.patient_id,
    )
