"""The search for free time: by service, practitioner or any, from a date, in the morning or the afternoon."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import HOLDING_STATES, Appointment, PartOfDay
from clinic.appointments.schedules.hours import OpenHours, open_hours
from clinic.appointments.schedules.queries import load_schedule
from clinic.appointments.waitlist.holds import held_placement, list_holds
from clinic.clock import clinic_day, day_bounds
from clinic.directory.models import Practitioner, Room, Service
from clinic.errors import NotFound

HORIZON_DAYS = 60
# Days whose bookings are read together: a free time is mostly found within days, and a full clinic has thousands.
WINDOWS = (2, 6, 16, HORIZON_DAYS)
NOON = dt.time(12)
_Key = tuple[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A free time, in UTC, with whom and where."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    practitioner_id: int | None
    practitioner_name: str | None
    room_id: int | None
    room_name: str | None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody looks for, up to `until_day`; with `patient_id`, only when that patient is free as well."""

    service_id: int
    from_day: dt.date
    practitioner_id: int | None = None
    room_id: int | None = None
    part_of_day: PartOfDay | None = None
    minutes: int | None = None
    patient_id: int | None = None
    until_day: dt.date | None = None

    @property
    def last_day(self) -> dt.date:
        """The last day that is looked at."""
        horizon = self.from_day + dt.timedelta(days=HORIZON_DAYS - 1)
        return min(horizon, self.until_day) if self.until_day else horizon


def find_free_slots(session: Session, wish: Wish, *, limit: int = 10, now: dt.datetime, zone: ZoneInfo) -> list[Slot]:
    """The first free times within 60 days, in their order: eight to fourteen queries, whatever is booked.

    Any practitioner means those who work in the service's department, or in no room of their own, and the department's
    rooms that have hours by themselves. Times held for others are not free. NotFound for an unknown service.
    """
    found = find_first_free(session, [wish], each=limit, limit=limit, now=now, zone=zone, patient_id=wish.patient_id)
    return [slot for _wish, slot in found]


def find_first_free(
    session: Session,
    wishes: Sequence[Wish],
    *,
    each: int,
    limit: int,
    now: dt.datetime,
    zone: ZoneInfo,
    patient_id: int | None = None,
) -> list[tuple[Wish, Slot]]:
    """The earliest free times for any of `wishes`, with whose they are; of one wish at most `each`.

    No day is looked at after `limit` different times were found; the queries grow with the days, not with the wishes.
    What is held for `patient_id` counts as free.
    """
    if not wishes:
        return []
    first_day, last_day = min(wish.from_day for wish in wishes), max(wish.last_day for wish in wishes)
    schedule, places = load_schedule(session, first_day, last_day), _load_places(session)
    if any(wish.service_id not in places.services for wish in wishes):
        raise NotFound(_("There is no such service."))
    left = dict.fromkeys(wishes, each)
    found: list[tuple[Wish, Slot]] = []
    span = (first_day + dt.timedelta(days=offset) for offset in range((last_day - first_day).days + 1))
    wanted = [day for day in span if any(wish.from_day <= day <= wish.last_day for wish in wishes)]
    for day, busy in _with_busy(session, wanted, now, zone, patient_id):
        opened = open_hours(schedule, day, zone)
        here = [_Search(wish, now, zone, places, busy) for wish in left if wish.from_day <= day <= wish.last_day]
        for wish, slots in _of_day(here, opened):
            taken = slots[: left[wish]]
            left[wish] -= len(taken)
            found += [(wish, slot) for slot in taken]
        left = {wish: number for wish, number in left.items() if number}
        if not left or len({(slot, wish.service_id) for wish, slot in found}) >= limit:
            break
    return sorted(found, key=lambda one: (one[1].starts_at, one[1].practitioner_id or 0, one[1].room_id or 0))


def _with_busy(
    session: Session, days: Sequence[dt.date], now: dt.datetime, zone: ZoneInfo, patient_id: int | None
) -> Iterator[tuple[dt.date, "_Busy"]]:
    """Each day with what is taken on it, read for a few days at a time, as far as somebody asks."""
    first = 0
    for number in itertools.chain(WINDOWS, itertools.repeat(HORIZON_DAYS)):
        window = days[first : first + number]
        if not window:
            return
        busy = _load_busy(session, window[0], window[-1], now, zone, patient_id)
        yield from ((day, busy) for day in window)
        first += number


def _of_day(searches: Iterable["_Search"], opened: Sequence[OpenHours]) -> Iterator[tuple[Wish, list[Slot]]]:
    """The free times of one day, worked out once for all wishes that differ in their days only."""
    known: dict[tuple[object, ...], list[Slot]] = {}
    for search in searches:
        wish = search.wish
        place = (wish.service_id, wish.practitioner_id, wish.room_id)
        same = (*place, wish.part_of_day, wish.minutes, wish.patient_id)
        if same not in known:
            known[same] = search.of_day(opened)
        yield wish, known[same]


@dataclass(frozen=True)
class _Places:
    """Names of what is in use, the department of each room, and department and length of each service."""

    practitioners: dict[int, str]
    rooms: dict[int, str]
    departments: dict[int, int]
    services: dict[int, tuple[int, dt.timedelta]]


class _Busy:
    """What is taken, by who or what holds it and on which day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._spans: dict[tuple[_Key, dt.date], list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)

    def add(
        self,
        starts_at: dt.datetime,
        ends_at: dt.datetime,
        *,
        practitioner_id: int | None,
        room_id: int | None,
        patient_id: int | None = None,
    ) -> None:
        span, days = (starts_at, ends_at), {clinic_day(starts_at, self._zone), clinic_day(ends_at, self._zone)}
        for key in (("practitioner", practitioner_id), ("room", room_id), ("patient", patient_id)):
            if key[1] is not None:
                for day in days:
                    self._spans[key, day].append(span)

    def is_free(self, key: _Key, starts_at: dt.datetime, ends_at: dt.datetime, buffer: dt.timedelta) -> bool:
        """Whether nothing is there, nor closer than `buffer`."""
        spans = self._spans.get((key, clinic_day(starts_at, self._zone)), ())
        return not any(start < ends_at + buffer and starts_at < end + buffer for start, end in spans)


@dataclass(frozen=True)
class _Search:
    """One search, with all that it needs at hand."""

    wish: Wish
    now: dt.datetime
    zone: ZoneInfo
    places: _Places
    busy: _Busy

    @property
    def length(self) -> dt.timedelta:
        if self.wish.minutes:
            return dt.timedelta(minutes=self.wish.minutes)
        return self.places.services[self.wish.service_id][1]

    def of_day(self, opened: Iterable[OpenHours]) -> list[Slot]:
        """The free times of one day's open hours, each with each practitioner and room once."""
        free = {
            (at, hours.practitioner_id, hours.room_id)
            for hours in opened
            if self._suits(hours)
            for at in self._starts(hours)
            if self._is_free(at, hours)
        }
        return [self._slot(*one) for one in sorted(free, key=lambda one: (one[0], one[1] or 0, one[2] or 0))]

    def _suits(self, hours: OpenHours) -> bool:
        wish, places = self.wish, self.places
        if hours.practitioner_id and hours.practitioner_id not in places.practitioners:
            return False
        if hours.room_id and hours.room_id not in places.rooms:
            return False
        if wish.practitioner_id and hours.practitioner_id != wish.practitioner_id:
            return False
        if wish.room_id:
            return hours.room_id == wish.room_id
        department_id = places.services[wish.service_id][0]
        is_near = hours.room_id is None or places.departments[hours.room_id] == department_id
        return bool(wish.practitioner_id) or is_near

    def _starts(self, hours: OpenHours) -> Iterator[dt.datetime]:
        """Where an appointment could begin: every slot and buffer from the beginning, all in real time."""
        pace = dt.timedelta(minutes=hours.slot_minutes + hours.buffer_minutes)
        at = hours.starts_at
        while at + self.length <= hours.ends_at:
            is_morning = at.astimezone(self.zone).time() < NOON
            if self.wish.part_of_day in (None, PartOfDay.MORNING if is_morning else PartOfDay.AFTERNOON):
                yield at
            at += pace

    def _is_free(self, at: dt.datetime, hours: OpenHours) -> bool:
        if at < self.now:
            return False
        buffer, none = dt.timedelta(minutes=hours.buffer_minutes), dt.timedelta()
        keys: list[tuple[_Key, dt.timedelta]] = []
        if hours.practitioner_id:
            keys.append((("practitioner", hours.practitioner_id), buffer))
        if hours.room_id:
            keys.append((("room", hours.room_id), none if hours.practitioner_id else buffer))
        if self.wish.patient_id:
            keys.append((("patient", self.wish.patient_id), none))
        return all(self.busy.is_free(key, at, at + self.length, gap) for key, gap in keys)

    def _slot(self, at: dt.datetime, practitioner_id: int | None, room_id: int | None) -> Slot:
        return Slot(
            starts_at=at,
            ends_at=at + self.length,
            practitioner_id=practitioner_id,
            practitioner_name=self.places.practitioners[practitioner_id] if practitioner_id else None,
            room_id=room_id,
            room_name=self.places.rooms[room_id] if room_id else None,
        )


def _load_places(session: Session) -> _Places:
    practitioners = select(Practitioner.id, Practitioner.display_name).where(Practitioner.is_active)
    rooms = session.execute(select(Room.id, Room.name, Room.department_id).where(Room.is_active)).all()
    services = session.execute(select(Service.id, Service.department_id, Service.duration_minutes)).all()
    return _Places(
        practitioners=dict(session.execute(practitioners).tuples().all()),
        rooms={room.id: room.name for room in rooms},
        departments={room.id: room.department_id for room in rooms},
        services={s.id: (s.department_id, dt.timedelta(minutes=s.duration_minutes)) for s in services},
    )


def _load_busy(
    session: Session, first_day: dt.date, last_day: dt.date, now: dt.datetime, zone: ZoneInfo, patient_id: int | None
) -> _Busy:
    busy = _Busy(zone)
    rows = session.execute(
        select(
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.practitioner_id,
            Appointment.room_id,
            Appointment.patient_id,
        ).where(
            Appointment.day.between(first_day - dt.timedelta(days=1), last_day),
            Appointment.state.in_(HOLDING_STATES),
        )
    )
    for starts_at, ends_at, practitioner_id, room_id, booked_id in rows:
        busy.add(starts_at, ends_at, practitioner_id=practitioner_id, room_id=room_id, patient_id=booked_id)
    window = day_bounds(first_day, zone)[0], day_bounds(last_day, zone)[1]
    for entry in list_holds(session, from_at=window[0], to_at=window[1], now=now, patient_id=patient_id):
        if held := held_placement(entry):
            busy.add(held.starts_at, held.ends_at, practitioner_id=held.practitioner_id, room_id=held.room_id)
    return busy
