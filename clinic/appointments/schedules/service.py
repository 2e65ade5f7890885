"""Writes: weekly hours, exceptions and holidays. Appointments that a change strands are named, never touched."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments.schedules.hours import Schedule
from clinic.appointments.schedules.models import Holiday, TimeOff, TimeOffKind, WorkingHours
from clinic.appointments.schedules.proposals import (
    Owner,
    Week,
    hours_of,
    with_holiday,
    with_time_off,
    with_week,
    without_time_off,
)
from clinic.appointments.schedules.queries import (
    Stranded,
    get_exempt,
    list_stranded,
    list_unused,
    list_weekly_hours,
    load_schedule,
)
from clinic.audit.service import Actor, record
from clinic.clock import clinic_day
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import Key, find_made, made_with

TOPIC = "schedules"


class WouldStrand(Invalid):
    """Booked appointments would have no place: `stranded`. Repeat with `is_confirmed` to change it nevertheless."""

    def __init__(self, stranded: Sequence[Stranded]) -> None:
        self.stranded = list(stranded)
        text = ngettext(
            "%(num)s booked appointment would fall outside. Tick this to save nevertheless; it is not changed.",
            "%(num)s booked appointments would fall outside. Tick this to save nevertheless; they are not changed.",
            len(self.stranded),
        )
        super().__init__(text, "confirm")


@dataclass(frozen=True, kw_only=True)
class TimeOffDetails:
    """What is written down about leave, a closed room or extra hours."""

    kind: TimeOffKind
    practitioner_id: int | None
    room_id: int | None
    starts_on: dt.date
    ends_on: dt.date
    starts: dt.time | None
    ends: dt.time | None
    reason: str | None


def fingerprint(hours: Sequence[WorkingHours]) -> str:
    """What somebody saw of a schedule, to notice when another changed it meanwhile."""
    return ".".join(str(row.id) for row in sorted(hours, key=lambda row: row.id))


def set_weekly_hours(
    session: Session,
    *,
    owner: Owner,
    week: Week,
    seen: str | None = None,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> list[WorkingHours]:
    """Let a week repeat from a day on; hours before that day stay as they were.

    `seen` is the fingerprint of what the person looked at: Conflict when it has changed. Invalid for a past day or
    intervals that overlap; WouldStrand.
    """
    _lock(session, owner)
    today = clinic_day(now, zone)
    current = list_weekly_hours(session, practitioner_id=owner.practitioner_id, room_id=owner.room_id, from_day=today)
    if seen is not None and seen != fingerprint(current):
        raise Conflict(_("Somebody changed these hours meanwhile. This is how they stand now."))
    _check_week(session, week, today)
    schedule = load_schedule(session, today)
    _check_stranded(session, with_week(schedule, owner, week), is_confirmed, now, zone)
    before = [_described(row) for row in current]
    last = week.valid_from - dt.timedelta(days=1)
    for row in current:
        if row.valid_from >= week.valid_from:
            session.delete(row)
        elif row.valid_until is None or row.valid_until > last:
            row.valid_until = last
    rows = hours_of(owner, week)
    session.add_all(rows)
    session.flush()
    after = {"from": week.valid_from, "hours": [_described(row) for row in rows]}
    _note(session, "hours", owner, before={"hours": before}, after=after, actor=actor, now=now)
    return rows


def add_time_off(
    session: Session,
    *,
    details: TimeOffDetails,
    key: Key | None = None,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> TimeOff:
    """Note leave, a closed room or extra hours; the same key again returns the first. Invalid, WouldStrand."""
    if earlier := find_made(session, TimeOff, key):
        return earlier
    _lock(session, Owner(practitioner_id=details.practitioner_id, room_id=details.room_id))
    _check_details(details)
    proposed = with_time_off(load_schedule(session, clinic_day(now, zone)), TimeOff(**asdict(details)))
    _check_stranded(session, proposed, is_confirmed, now, zone)
    row = TimeOff(**asdict(details), **made_with(key))
    session.add(row)
    session.flush()
    _note(session, "time_off", row, before=None, after=asdict(details), actor=actor, now=now)
    return row


def remove_time_off(
    session: Session,
    *,
    time_off_id: int,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> None:
    """Take an exception back. NotFound when it is gone already; WouldStrand for extra hours that are booked."""
    row = get_exempt(session, TimeOff, time_off_id, lock=True)
    proposed = without_time_off(load_schedule(session, clinic_day(now, zone)), time_off_id)
    _check_stranded(session, proposed, is_confirmed, now, zone)
    before = {name: getattr(row, name) for name in TimeOffDetails.__dataclass_fields__}
    _note(session, "time_off_removed", row, before=before, after=None, actor=actor, now=now)
    session.delete(row)
    session.flush()


def add_holiday(
    session: Session,
    *,
    day: dt.date,
    name: str,
    key: Key | None = None,
    is_confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Holiday:
    """Close the clinic on a day; the same key again returns the first. Invalid for a day that is one, WouldStrand."""
    if earlier := find_made(session, Holiday, key):
        return earlier
    if session.scalar(select(Holiday.id).where(Holiday.day == day)) is not None:
        raise Invalid(_("This day is a holiday already."), "day")
    schedule = load_schedule(session, clinic_day(now, zone))
    _check_stranded(session, with_holiday(schedule, day, name), is_confirmed, now, zone)
    holiday = Holiday(day=day, name=name, **made_with(key))
    session.add(holiday)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_("Somebody added this day meanwhile.")) from error
    _note(session, "holiday", holiday, before=None, after={"day": day, "name": name}, actor=actor, now=now)
    return holiday


def remove_holiday(session: Session, *, holiday_id: int, actor: Actor, now: dt.datetime) -> None:
    """Open the clinic on a day again. NotFound when it is gone already."""
    holiday = get_exempt(session, Holiday, holiday_id, lock=True)
    before = {"day": holiday.day, "name": holiday.name}
    _note(session, "holiday_removed", holiday, before=before, after=None, actor=actor, now=now)
    session.delete(holiday)
    session.flush()


def check_unused(
    session: Session,
    of: Practitioner | Department | Room | Service,
    *,
    is_confirmed: bool = False,
    now: dt.datetime,
) -> None:
    """Ask after taking something out of use, in the same transaction: WouldStrand names what is booked with it."""
    stranded = [] if is_confirmed or of.is_active else list_unused(session, now=now, of=of)
    if stranded:
        raise WouldStrand(stranded)


def _lock(session: Session, owner: Owner) -> None:
    """Changes of one schedule take turns. NotFound for an unknown practitioner or room."""
    for model, row_id in ((Practitioner, owner.practitioner_id), (Room, owner.room_id)):
        if row_id is None:
            continue
        locked = select(model.id).where(model.id == row_id).with_for_update(key_share=True)
        if session.scalar(locked) is None:
            raise NotFound(_("There is no such entry in the directory."))


def _check_week(session: Session, week: Week, today: dt.date) -> None:
    if week.valid_from < today:
        raise Invalid(_("Hours of past days stay as they were: choose today or later."), "valid_from")
    by_day = sorted(week.intervals, key=lambda interval: (interval.weekday, interval.starts))
    for interval in by_day:
        if interval.starts >= interval.ends:
            raise Invalid(_("Hours end after they begin."))
        room = session.get(Room, interval.room_id) if interval.room_id is not None else None
        if interval.room_id is not None and (room is None or not room.is_active):
            raise Invalid(_("Choose a room that is in use."))
    for first, second in pairwise(by_day):
        if first.weekday == second.weekday and second.starts < first.ends:
            raise Invalid(_("Hours of one day overlap."))


def _check_details(details: TimeOffDetails) -> None:
    if details.kind is TimeOffKind.LEAVE and details.practitioner_id is None:
        raise Invalid(_("Choose who is away."), "practitioner_id")
    if details.kind is TimeOffKind.CLOSED and details.room_id is None:
        raise Invalid(_("Choose a room."), "room_id")
    if details.kind is TimeOffKind.EXTRA and details.starts is None:
        raise Invalid(_("Give the hours."), "starts")
    if details.ends_on < details.starts_on:
        raise Invalid(_("It ends before it begins."), "ends_on")
    if (details.starts is None) != (details.ends is None):
        raise Invalid(_("Give both times, or neither for whole days."), "ends")
    if details.starts and details.ends and details.starts >= details.ends:
        raise Invalid(_("Hours end after they begin."), "ends")


def _check_stranded(session: Session, proposed: Schedule, is_confirmed: bool, now: dt.datetime, zone: ZoneInfo) -> None:
    if is_confirmed:
        return
    stranded = list_stranded(session, proposed=proposed, now=now, zone=zone)
    if stranded:
        raise WouldStrand(stranded)


def _described(hours: WorkingHours) -> dict[str, Any]:
    names = ("weekday", "starts", "ends", "room_id", "slot_minutes", "buffer_minutes", "valid_from", "valid_until")
    return {name: getattr(hours, name) for name in names}


def _note(
    session: Session,
    verb: str,
    of: Owner | TimeOff | Holiday,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    if isinstance(of, Owner):
        entity, entity_id = ("practitioner", of.practitioner_id) if of.practitioner_id else ("room", of.room_id)
    else:
        entity, entity_id = ("holiday" if isinstance(of, Holiday) else "time_off"), of.id
    record(session, f"schedules.{verb}", entity, entity_id, actor=actor, now=now, before=before, after=after)
    live.publish(session, TOPIC)
