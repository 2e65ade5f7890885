"""Days to come by the real clock: the screens book only what is not past."""

import datetime as dt

from clinic import clock
from tests.factories import ZONE


def monday() -> dt.date:
    """A Monday one to two weeks ahead."""
    today = clock.clinic_day(clock.now(), ZONE)
    return today + dt.timedelta(days=14 - today.weekday())


def soon(hour: int, minute: int = 0, days: int = 0) -> dt.datetime:
    """An instant of that Monday, or of a later day, by the clinic's clock."""
    return clock.wall_time(monday() + dt.timedelta(days=days), dt.time(hour, minute), ZONE)
