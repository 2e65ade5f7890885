"""Free times that somebody waits for, and who. The queries grow with the days waited for, not with how many wait."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from clinic.appointments.models import HOLDING_STATES, Appointment, PartOfDay
from clinic.appointments.slots import NOON, Slot, Wish, find_first_free
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from clinic.appointments.waitlist.queries import list_entries
from clinic.clock import clinic_day
from clinic.directory.models import Room, Service
from clinic.patients.models import Patient

# How many times are looked for per kind of wish, how many are shown, and how many people are named for each.
OFFERED, SHOWN, NAMED = 3, 30, 3


@dataclass(frozen=True)
class Opening:
    """A free time and who waits for one like it, the longest first; `has_more` when there are others."""

    slot: Slot
    entries: Sequence[WaitlistEntry]
    has_more: bool

    @property
    def patient_ids(self) -> list[int]:
        """Who is named."""
        return [entry.patient_id for entry in self.entries]


@dataclass(frozen=True)
class _Candidate:
    """A time that is free for a service. `is_near`: whoever waits for anyone would come here too."""

    slot: Slot
    service_id: int
    is_near: bool


def list_openings(session: Session, *, now: dt.datetime, zone: ZoneInfo) -> list[Opening]:
    """The first free times that somebody waits for, the earliest first, however they became free.

    Whom a time suits is asked of the database for each time, so nobody stands hidden behind others who wait longer
    for something else. Who has a time held already is not named.
    """
    today = clinic_day(now, zone)
    candidates = _candidates(session, _wishes(session, today, now), now, zone)
    suited = _suited(session, candidates, now, zone)
    entries = list_entries(session, {entry_id for ids in suited.values() for entry_id in ids}, today=today)
    places: dict[tuple[dt.datetime, int | None, int | None], tuple[Slot, list[WaitlistEntry]]] = {}
    for number, candidate in enumerate(candidates):
        slot = candidate.slot
        for entry_id in suited[number]:
            place = places.setdefault((slot.starts_at, slot.practitioner_id, slot.room_id), (slot, []))
            place[1].append(entries[entry_id])
    return [
        Opening(slot, sorted(who, key=lambda e: (e.joined_at, e.id))[:NAMED], len(who) > NAMED)
        for slot, who in places.values()
    ]


def _wishes(session: Session, today: dt.date, now: dt.datetime) -> list[Wish]:
    """What is waited for, each kind once: one query."""
    from_day = case((WaitlistEntry.from_day < today, literal(today)), else_=WaitlistEntry.from_day)
    wanted = (WaitlistEntry.service_id, WaitlistEntry.practitioner_id, WaitlistEntry.part_of_day)
    # Of windows that begin together the longest holds the first free times of the others.
    query = select(*wanted, from_day.label("first_day"), func.max(WaitlistEntry.until_day)).where(
        _is_waiting(today, now)
    )
    rows = session.execute(query.group_by(*wanted, text("first_day")))
    return [
        Wish(service_id=service, practitioner_id=practitioner, part_of_day=part, from_day=first, until_day=last)
        for service, practitioner, part, first, last in rows
    ]


def _is_waiting(today: dt.date, now: dt.datetime) -> ColumnElement[bool]:
    has_no_hold = or_(WaitlistEntry.held_until.is_(None), WaitlistEntry.held_until <= now)
    is_dead = select(Patient.id).where(Patient.id == WaitlistEntry.patient_id, Patient.is_deceased).exists()
    is_waiting = (WaitlistEntry.state == WaitState.WAITING) & (WaitlistEntry.until_day >= today)
    return is_waiting & has_no_hold & ~is_dead


def _candidates(session: Session, wishes: list[Wish], now: dt.datetime, zone: ZoneInfo) -> list[_Candidate]:
    """The earliest times that are free for one of the wishes."""
    found = {
        (slot.starts_at, slot.practitioner_id or 0, slot.room_id or 0, wish.service_id): slot
        for wish, slot in find_first_free(session, wishes, each=OFFERED, limit=SHOWN, now=now, zone=zone)
    }
    rooms = dict(session.execute(select(Room.id, Room.department_id)).tuples().all())
    services = dict(session.execute(select(Service.id, Service.department_id)).tuples().all())
    return [
        _Candidate(found[key], key[-1], not key[2] or rooms[key[2]] == services[key[-1]])
        for key in sorted(found)[:SHOWN]
    ]


def _suited(session: Session, candidates: list[_Candidate], now: dt.datetime, zone: ZoneInfo) -> dict[int, list[int]]:
    """The first entries that each candidate suits, by the candidate's number: one query."""
    suited: dict[int, list[int]] = defaultdict(list)
    if candidates:
        each = [_first_suited(number, one, now, zone).subquery() for number, one in enumerate(candidates)]
        for number, entry_id in session.execute(union_all(*(select(one) for one in each))):
            suited[number].append(entry_id)
    return suited


def _first_suited(number: int, candidate: _Candidate, now: dt.datetime, zone: ZoneInfo) -> Select[tuple[int, int]]:
    slot, day = candidate.slot, clinic_day(candidate.slot.starts_at, zone)
    is_morning = slot.starts_at.astimezone(zone).time() < NOON
    part = PartOfDay.MORNING if is_morning else PartOfDay.AFTERNOON
    has_other = select(Appointment.id).where(
        Appointment.patient_id == WaitlistEntry.patient_id,
        Appointment.state.in_(HOLDING_STATES),
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
    )
    whose = [WaitlistEntry.practitioner_id == slot.practitioner_id]
    if candidate.is_near:
        whose.append(WaitlistEntry.practitioner_id.is_(None))
    query = select(literal(number).label("number"), WaitlistEntry.id).where(
        _is_waiting(clinic_day(now, zone), now),
        WaitlistEntry.service_id == candidate.service_id,
        or_(*whose),
        or_(WaitlistEntry.part_of_day.is_(None), WaitlistEntry.part_of_day == part),
        WaitlistEntry.from_day <= day,
        WaitlistEntry.until_day >= day,
        ~has_other.exists(),
    )
    return query.order_by(WaitlistEntry.joined_at, WaitlistEntry.id).limit(NAMED + 1)
