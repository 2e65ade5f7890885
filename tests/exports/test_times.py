"""Times by the clinic's clock, in every zone, also in the hour that comes twice."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.exports.datasets.times import local_times

ZONES = [
    "Europe/Paris",
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
INSTANTS = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2037, 1, 1), timezones=st.just(dt.UTC))


@given(INSTANTS, st.sampled_from(ZONES))
def test_every_instant_is_what_the_wall_clock_showed(instant: dt.datetime, zone: str) -> None:
    expected = instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert local_times([instant.strftime("%Y-%m-%d %H:%M:%S.%f")], ZoneInfo(zone)) == [expected]


@pytest.mark.parametrize(
    ("utc", "paris"),
    [
        ("2026-10-25 00:30:00", "2026-10-25 02:30:00"),
        ("2026-10-25 01:30:00", "2026-10-25 02:30:00"),
        ("2026-03-29 00:59:59", "2026-03-29 01:59:59"),
        ("2026-03-29 01:00:00", "2026-03-29 03:00:00"),
        ("2026-12-31 23:30:00+00", "2027-01-01 00:30:00"),
    ],
)
def test_the_change_of_the_clock(utc: str, paris: str) -> None:
    assert local_times([utc, None], ZoneInfo("Europe/Paris")) == [paris, None]
