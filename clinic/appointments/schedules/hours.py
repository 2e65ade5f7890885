"""From weekly hours, exceptions and holidays to instants: when something can be booked, and why not. No I/O."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.appointments.placement import Placement
from clinic.appointments.schedules.models import TimeOff, TimeOffKind, WorkingHours
from clinic.clock import clinic_day, wall_time

DEFAULT_SLOT_MINUTES = 15
_Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Schedule:
    """What is laid down: weekly hours, exceptions, and the names of holidays by day."""

    weekly: Sequence[WorkingHours]
    time_off: Sequence[TimeOff]
    holidays: Mapping[dt.date, str]


@dataclass(frozen=True, kw_only=True)
class OpenHours:
    """An uninterrupted time, in UTC, in which a practitioner, in a room or anywhere, or a room can be booked."""

    practitioner_id: int | None
    room_id: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    slot_minutes: int
    buffer_minutes: int


class Obstacle(enum.StrEnum):
    """Why a schedule does not allow a time, or the directory what was booked."""

    HOLIDAY = "holiday"
    LEAVE = "leave"
    CLOSED = "closed"
    HOURS = "hours"
    PRACTITIONER_GONE = "practitioner_gone"
    ROOM_UNUSED = "room_unused"
    SERVICE_UNUSED = "service_unused"


def open_hours(schedule: Schedule, day: dt.date, zone: ZoneInfo) -> list[OpenHours]:
    """Everything that can be booked on a day, earliest first."""
    found = []
    for hours in _laid_down(schedule, day):
        away = [t for t in schedule.time_off if _takes_away(t, hours.practitioner_id, hours.room_id)]
        span = (wall_time(day, hours.starts, zone), wall_time(day, hours.ends, zone))
        found += [_opened(hours, piece) for piece in _without(span, _spans(away, day, zone))]
    return sorted(found, key=lambda opened: (opened.starts_at, opened.practitioner_id or 0, opened.room_id or 0))


def find_obstacles(schedule: Schedule, placement: Placement, zone: ZoneInfo) -> list[Obstacle]:
    """Why the schedule does not allow a placement; nothing for one whose practitioner or room has no hours at all."""
    days = _days(placement, zone)
    practitioner_id, room_id = placement.practitioner_id, placement.room_id
    span = (placement.starts_at, placement.ends_at)
    found = []
    if any(_is_away(schedule, day, zone, span, TimeOffKind.LEAVE, practitioner_id) for day in days):
        found.append(Obstacle.LEAVE)
    if any(_is_away(schedule, day, zone, span, TimeOffKind.CLOSED, room_id) for day in days):
        found.append(Obstacle.CLOSED)
    mine = [hours for hours in schedule.weekly if _is_of(hours, practitioner_id, room_id)]
    spans = [
        (wall_time(day, hours.starts, zone), wall_time(day, hours.ends, zone))
        for day in days
        for hours in _laid_down(schedule, day)
        if _is_of(hours, practitioner_id, room_id)
    ]
    if any(_without(span, spans)):
        if any(day in schedule.holidays for day in days):
            found.append(Obstacle.HOLIDAY)
        elif mine:
            found.append(Obstacle.HOURS)
    return found


def _laid_down(schedule: Schedule, day: dt.date) -> Iterator[WorkingHours]:
    """The weekly hours of a day, unless it is a holiday, and its extra hours at the usual pace."""
    if day not in schedule.holidays:
        yield from (hours for hours in schedule.weekly if _applies(hours, day))
    for extra in schedule.time_off:
        if extra.kind is TimeOffKind.EXTRA and extra.starts_on <= day <= extra.ends_on and extra.starts and extra.ends:
            usual = next((h for h in schedule.weekly if _is_of(h, extra.practitioner_id, extra.room_id)), None)
            yield WorkingHours(
                practitioner_id=extra.practitioner_id,
                room_id=extra.room_id,
                weekday=day.weekday(),
                starts=extra.starts,
                ends=extra.ends,
                slot_minutes=usual.slot_minutes if usual else DEFAULT_SLOT_MINUTES,
                buffer_minutes=usual.buffer_minutes if usual else 0,
            )


def _applies(hours: WorkingHours, day: dt.date) -> bool:
    is_valid = hours.valid_from <= day and (hours.valid_until is None or day <= hours.valid_until)
    return is_valid and hours.weekday == day.weekday()


def _is_of(hours: WorkingHours, practitioner_id: int | None, room_id: int | None) -> bool:
    """Whether these are hours of the practitioner, wherever, or of the room by itself."""
    if practitioner_id is not None:
        return hours.practitioner_id == practitioner_id
    return hours.practitioner_id is None and hours.room_id == room_id


def _takes_away(time_off: TimeOff, practitioner_id: int | None, room_id: int | None) -> bool:
    if time_off.kind is TimeOffKind.LEAVE:
        return practitioner_id is not None and time_off.practitioner_id == practitioner_id
    return time_off.kind is TimeOffKind.CLOSED and room_id is not None and time_off.room_id == room_id


def _is_away(
    schedule: Schedule, day: dt.date, zone: ZoneInfo, span: _Span, kind: TimeOffKind, row_id: int | None
) -> bool:
    away = [t for t in schedule.time_off if t.kind is kind and _takes_away(t, row_id, row_id)]
    return any(start < span[1] and span[0] < end for start, end in _spans(away, day, zone))


def _spans(time_off: Iterable[TimeOff], day: dt.date, zone: ZoneInfo) -> list[_Span]:
    """What exceptions take of a day, or all of it."""
    return [
        (
            wall_time(day, t.starts or dt.time(), zone),
            wall_time(day, t.ends, zone) if t.ends else wall_time(day + dt.timedelta(days=1), dt.time(), zone),
        )
        for t in time_off
        if t.starts_on <= day <= t.ends_on
    ]


def _without(span: _Span, taken: Sequence[_Span]) -> list[_Span]:
    """What is left of a span."""
    start, end = span
    left = []
    for taken_from, taken_to in sorted(taken):
        if taken_from > start:
            left.append((start, min(taken_from, end)))
        start = max(start, taken_to)
    return [(a, b) for a, b in [*left, (start, end)] if a < b]


def _opened(hours: WorkingHours, span: _Span) -> OpenHours:
    return OpenHours(
        practitioner_id=hours.practitioner_id,
        room_id=hours.room_id,
        starts_at=span[0],
        ends_at=span[1],
        slot_minutes=hours.slot_minutes,
        buffer_minutes=hours.buffer_minutes,
    )


def _days(placement: Placement, zone: ZoneInfo) -> list[dt.date]:
    """The clinic's days that a placement touches: one, or two past midnight."""
    last = placement.ends_at - dt.timedelta(microseconds=1)
    return sorted({clinic_day(placement.starts_at, zone), clinic_day(last, zone)})
