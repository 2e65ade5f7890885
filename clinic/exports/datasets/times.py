"""Instants as the databases write them, by the clinic's clock; fast, because a million rows hold two million."""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = dt.timedelta(days=1)
_HOUR = dt.timedelta(hours=1)
# By offset in hours: an hour of UTC becomes (0 on the day before, 1 the same, 2 the day after; the hour).
_SHIFTED = {
    offset: {f"{hour:02}": ((hour + offset) // 24 + 1, f" {(hour + offset) % 24:02}") for hour in range(24)}
    for offset in range(-12, 15)
}
# The local days before, on and after a UTC day, and what its hours become.
_LocalDay = tuple[tuple[str, str, str], dict[str, tuple[int, str]]]


def local_times(values: Iterable[str | None], zone: ZoneInfo) -> list[str | None]:
    """Each "2026-11-20 09:30:00.123" (UTC, with anything behind it) as "2026-11-20 10:30:00"."""
    to_local = _days_of(zone)

    def convert(text: str) -> str:
        if (known := to_local(text[:10])) is None:
            return _slowly(text, zone)
        days, hours = known
        shift, hour = hours[text[11:13]]
        return days[shift] + hour + text[13:19]

    return [None if text is None else convert(text) for text in values]


def _slowly(text: str, zone: ZoneInfo) -> str:
    instant = dt.datetime.fromisoformat(text[:19]).replace(tzinfo=dt.UTC)
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=4)
def _days_of(zone: ZoneInfo) -> Callable[[str], _LocalDay | None]:
    """A cached function of a UTC day; None for a day in which the clock changes, or not by whole hours."""

    @lru_cache(maxsize=20_000)
    def to_local(text: str) -> _LocalDay | None:
        day = dt.date.fromisoformat(text)
        start = dt.datetime.combine(day, dt.time(), dt.UTC)
        offset = start.astimezone(zone).utcoffset()
        if offset is None or offset % _HOUR or (start + _DAY).astimezone(zone).utcoffset() != offset:
            return None
        return (str(day - _DAY), text, str(day + _DAY)), _SHIFTED[offset // _HOUR]

    return to_local
