"""What a schedule would be after a change: values only, nothing is written."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clinic.appointments.schedules.hours import Schedule
from clinic.appointments.schedules.models import TimeOff, WorkingHours


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose weekly hours: a practitioner's, or a room's by itself."""

    practitioner_id: int | None = None
    room_id: int | None = None

    def has(self, hours: WorkingHours) -> bool:
        if self.practitioner_id is not None:
            return hours.practitioner_id == self.practitioner_id
        return hours.practitioner_id is None and hours.room_id == self.room_id


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Hours of one weekday (0 is Monday), for a practitioner in a room or anywhere."""

    weekday: int
    starts: dt.time
    ends: dt.time
    room_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week that repeats from `valid_from` on."""

    intervals: Sequence[Interval]
    slot_minutes: int
    buffer_minutes: int
    valid_from: dt.date


def hours_of(owner: Owner, week: Week) -> list[WorkingHours]:
    """The rows of a week."""
    return [
        WorkingHours(
            practitioner_id=owner.practitioner_id,
            room_id=owner.room_id or interval.room_id,
            weekday=interval.weekday,
            starts=interval.starts,
            ends=interval.ends,
            slot_minutes=week.slot_minutes,
            buffer_minutes=week.buffer_minutes,
            valid_from=week.valid_from,
        )
        for interval in week.intervals
    ]


def with_week(schedule: Schedule, owner: Owner, week: Week) -> Schedule:
    """The owner's hours end the day before, those that would begin later are replaced."""
    kept = [hours for hours in schedule.weekly if not owner.has(hours)]
    mine = [shortened(h, week.valid_from) for h in schedule.weekly if owner.has(h) and h.valid_from < week.valid_from]
    return replace(schedule, weekly=[*kept, *mine, *hours_of(owner, week)])


def shortened(hours: WorkingHours, valid_from: dt.date) -> WorkingHours:
    """A copy that ends before another week begins."""
    last = valid_from - dt.timedelta(days=1)
    columns = {c.key: getattr(hours, c.key) for c in WorkingHours.__table__.columns if c.key != "id"}
    until = min(hours.valid_until, last) if hours.valid_until else last
    return WorkingHours(**{**columns, "valid_until": until})


def with_time_off(schedule: Schedule, time_off: TimeOff) -> Schedule:
    return replace(schedule, time_off=[*schedule.time_off, time_off])


def without_time_off(schedule: Schedule, time_off_id: int) -> Schedule:
    return replace(schedule, time_off=[t for t in schedule.time_off if t.id != time_off_id])


def with_holiday(schedule: Schedule, day: dt.date, name: str) -> Schedule:
    return replace(schedule, holidays={**schedule.holidays, day: name})
