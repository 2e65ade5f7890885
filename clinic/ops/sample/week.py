"""The sample clinic's weekly hours, leave, extra hours and holidays."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.schedules.proposals import Interval, Owner, Week
from clinic.appointments.schedules.service import TimeOffDetails, add_holiday, add_time_off, set_weekly_hours
from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner, Room

SUNDAY = 6
_Hours = tuple[str, str]


@dataclass(frozen=True)
class _Plan:
    """Hours of everyone who shares them: by family name, or by the name of a room that is booked by itself."""

    room: str
    hours: tuple[_Hours, ...]
    slot_minutes: int
    buffer_minutes: int = 0


_PRACTITIONERS = {
    "Haddad": _Plan("Room 1", (("08:30", "12:30"), ("14:00", "18:00")), 15),
    "Okafor": _Plan("Room 2", (("08:00", "12:00"), ("13:30", "17:00")), 15),
    "Tanaka": _Plan("Room 3", (("09:00", "13:00"), ("14:30", "18:30")), 15),
    "Zieliński": _Plan("Room 4", (("09:00", "12:20"), ("14:00", "17:20")), 20, 5),
    "Rossi": _Plan("Room 5", (("13:00", "19:00"),), 20),
}
_ROOMS = {
    "Sampling 1": _Plan("Sampling 1", (("07:30", "11:30"),), 10),
    "Sampling 2": _Plan("Sampling 2", (("07:30", "10:30"),), 10),
}
# How many days after today each has a day off in every week.
_DAY_OFF = {"Haddad": 2, "Okafor": 3, "Tanaka": 4, "Zieliński": 5, "Rossi": 2}


def add_week(session: Session, *, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> None:
    """Everything is open from Monday to Saturday, and on the day of loading whatever it is.

    One is on leave in the last days that are shown, a room is closed for an afternoon, a holiday comes in a fortnight.
    """
    today = clinic_day(now, zone)
    rooms = {room.name: room for room in session.scalars(select(Room))}
    people = {p.family_name: p for p in session.scalars(select(Practitioner))}
    opened_at = now - dt.timedelta(days=30)
    common: dict[str, Any] = {"actor": actor, "zone": zone}
    for name, plan in _PRACTITIONERS.items():
        owner, off = Owner(practitioner_id=people[name].id), (today.weekday() + _DAY_OFF[name]) % 7
        week = _week(plan, rooms[plan.room].id, {SUNDAY, off}, clinic_day(opened_at, zone))
        set_weekly_hours(session, owner=owner, week=week, now=opened_at, **common)
    for name, plan in _ROOMS.items():
        week = _week(plan, None, {SUNDAY}, clinic_day(opened_at, zone))
        set_weekly_hours(session, owner=Owner(room_id=rooms[name].id), week=week, now=opened_at, **common)
    _add_exceptions(session, people, rooms, today, actor, now, zone)


def _week(plan: _Plan, room_id: int | None, closed: set[int], valid_from: dt.date) -> Week:
    intervals = [
        Interval(
            weekday=weekday, starts=dt.time.fromisoformat(starts), ends=dt.time.fromisoformat(ends), room_id=room_id
        )
        for weekday in range(7)
        if weekday not in closed
        for starts, ends in plan.hours
    ]
    return Week(
        intervals=intervals,
        slot_minutes=plan.slot_minutes,
        buffer_minutes=plan.buffer_minutes,
        valid_from=valid_from,
    )


def _add_exceptions(
    session: Session,
    people: dict[str | None, Practitioner],
    rooms: dict[str, Room],
    today: dt.date,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> None:
    def day(offset: int) -> dt.date:
        return today + dt.timedelta(days=offset)

    afternoon = ("14:00", "18:00")
    exceptions = [
        _exception(TimeOffKind.LEAVE, people["Rossi"].id, None, (day(4), day(11)), None, "Holidays"),
        _exception(TimeOffKind.LEAVE, people["Okafor"].id, None, (day(1), day(1)), afternoon, "Training"),
        _exception(TimeOffKind.CLOSED, None, rooms["Room 3"].id, (day(9), day(9)), afternoon, "Painting"),
    ]
    if today.weekday() == SUNDAY:
        exceptions += [
            _exception(TimeOffKind.EXTRA, people[name].id, rooms[plan.room].id, (today, today), hours, "Open Sunday")
            for name, plan in _PRACTITIONERS.items()
            for hours in plan.hours
        ]
    for details in exceptions:
        add_time_off(session, details=details, is_confirmed=True, actor=actor, now=now, zone=zone)
    add_holiday(session, day=day(14), name="Founders' Day", is_confirmed=True, actor=actor, now=now, zone=zone)


def _exception(
    kind: TimeOffKind,
    practitioner_id: int | None,
    room_id: int | None,
    days: Sequence[dt.date],
    hours: _Hours | None,
    reason: str,
) -> TimeOffDetails:
    return TimeOffDetails(
        kind=kind,
        practitioner_id=practitioner_id,
        room_id=room_id,
        starts_on=days[0],
        ends_on=days[1],
        starts=dt.time.fromisoformat(hours[0]) if hours else None,
        ends=dt.time.fromisoformat(hours[1]) if hours else None,
        reason=reason,
    )
