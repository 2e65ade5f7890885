"""Reads of the waitlist: who waits."""

import datetime as dt
from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import Appointment
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from clinic.db import UtcDateTime
from clinic.errors import NotFound
from clinic.paging import Place
from clinic.patients.models import Patient


def get_entry(session: Session, entry_id: int, *, lock: bool = False) -> WaitlistEntry:
    """The entry, or NotFound. With `lock` nobody else changes it until the transaction ends."""
    entry = session.get(WaitlistEntry, entry_id, with_for_update=lock or None, populate_existing=True)
    if entry is None:
        raise NotFound(_("There is no such entry on the waitlist."))
    return entry


def list_waiting(session: Session, place: Place, *, today: dt.date, limit: int) -> list[WaitlistEntry]:
    """Who waits for a day that is not past, the longest first.

    `place` holds (joined_at, id) of the row after which to go on; backwards the nearest come first.
    """
    query, key = _waiting(today), tuple_(WaitlistEntry.joined_at, WaitlistEntry.id)
    if place.values:
        at = tuple_(literal(place.values[0], UtcDateTime()), literal(place.values[1]))
        query = query.where(key < at if place.backwards else key > at)
    if place.backwards:
        query = query.order_by(None).order_by(WaitlistEntry.joined_at.desc(), WaitlistEntry.id.desc())
    return list(session.scalars(query.limit(limit)))


def list_held(session: Session, *, today: dt.date, now: dt.datetime) -> list[WaitlistEntry]:
    """Those for whom a time is held now, whoever waits the longest first."""
    return list(session.scalars(_waiting(today).where(WaitlistEntry.held_until > now)))


def list_of_patient(session: Session, patient_id: int, *, today: dt.date) -> list[WaitlistEntry]:
    """What a patient waits for."""
    return list(session.scalars(_waiting(today).where(WaitlistEntry.patient_id == patient_id)))


def list_entries(session: Session, entry_ids: Collection[int], *, today: dt.date) -> dict[int, WaitlistEntry]:
    """These entries by id, with what a list shows of them."""
    return {entry.id: entry for entry in session.scalars(_waiting(today).where(WaitlistEntry.id.in_(entry_ids)))}


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
        WaitlistEntry.patient_id.not_in(select(Patient.id).where(Patient.is_deceased)),
        or_(
            WaitlistEntry.practitioner_id == appointment.practitioner_id,
            WaitlistEntry.practitioner_id.is_(None) & (WaitlistEntry.service_id == appointment.service_id),
        ),
    )
    return session.scalar(query) or 0
