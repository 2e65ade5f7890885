"""Time. Stored in UTC, shown in the clinic's zone; the clinic's day is what its wall clock says."""

import datetime as dt
from zoneinfo import ZoneInfo


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def clinic_day(instant: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The calendar day of `instant` at the clinic."""
    return instant.astimezone(zone).date()


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """First instant of `day` at the clinic and of the day after, in UTC; 23 to 25 hours apart."""
    start = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


def exists(day: dt.date, time: dt.time, zone: ZoneInfo) -> bool:
    """Whether the clinic's clock ever shows `time` on `day`: not in the hour left out when the clocks go forward."""
    shown = wall_time(day, time, zone).astimezone(zone)
    return (shown.date(), shown.time()) == (day, time)


def comes_twice(instant: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether the clinic's clock shows this time twice that day, because it goes back."""
    local = instant.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def wall_time(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The instant at which the clinic's clock shows `time` on `day`, in UTC.

    A time that comes twice on the day the clocks go back means the first; one that is left out means as long after the
    change as it would have been.
    """
    return dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)
