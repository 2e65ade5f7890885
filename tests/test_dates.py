"""Dates as people type them."""

import datetime as dt

import pytest

from clinic.dates import PartialDate, day_first, parse_birth_date, parse_date, parse_day, written
from clinic.near_days import Heading

TODAY = dt.date(2026, 11, 20)
BORN = dt.date(1982, 3, 14)


NUMBERS = [
    "14/3/82",
    "14.3.1982",
    "14-03-1982",
    "1982-03-14",
    "1982/3/14",
    "14031982",
    "19820314",
    "140382",
    "3/14/1982",
]
WORDS = ["14 3 82", "14 mar 1982", "14 March 1982", "March 14, 1982", "mar 14 82", " 14  MAR 1982 ", "14mar1982"]


@pytest.mark.parametrize("typed", [*NUMBERS, *WORDS])
def test_a_full_date_is_read_in_every_usual_spelling(typed: str) -> None:
    assert parse_date(typed, today=TODAY) == PartialDate(BORN, "day")


@pytest.mark.parametrize(
    ("typed", "date", "precision"),
    [
        ("3/1982", dt.date(1982, 3, 1), "month"),
        ("1982-03", dt.date(1982, 3, 1), "month"),
        ("mar 1982", dt.date(1982, 3, 1), "month"),
        ("1982", dt.date(1982, 1, 1), "year"),
        ("~40", dt.date(1986, 1, 1), "estimated"),
        ("~ 40", dt.date(1986, 1, 1), "estimated"),
        ("40y", dt.date(1986, 1, 1), "estimated"),
        ("40 years old", dt.date(1986, 1, 1), "estimated"),
        ("about 1950", dt.date(1950, 1, 1), "estimated"),
        ("c. 1950", dt.date(1950, 1, 1), "estimated"),
        ("age 40", dt.date(1986, 1, 1), "estimated"),
        ("8 months", dt.date(2026, 3, 1), "month"),
        ("14/3/82", BORN, "day"),
    ],
)
def test_what_is_not_known_is_not_made_up(typed: str, date: dt.date, precision: str) -> None:
    assert parse_birth_date(typed, today=TODAY) == PartialDate(date, precision)


@pytest.mark.parametrize("typed", ["", "abc", "31/2/1982", "14/3/2030", "40", "999", "0612345678", "ma 1982", "200y"])
def test_what_is_no_date_of_the_past_is_none(typed: str) -> None:
    assert parse_birth_date(typed, today=TODAY) is None


def test_two_digit_years_are_the_latest_that_is_not_in_the_future() -> None:
    assert parse_date("1/1/26", today=TODAY) == PartialDate(dt.date(2026, 1, 1), "day")
    assert parse_date("1/1/27", today=TODAY) == PartialDate(dt.date(1927, 1, 1), "day")


def test_countries_that_write_the_month_first_are_understood() -> None:
    assert not day_first("US")
    assert day_first("FR")
    assert parse_date("3/4/1982", today=TODAY, day_first=False) == PartialDate(dt.date(1982, 3, 4), "day")


def test_months_are_read_in_the_language_of_the_clinic() -> None:
    assert parse_date("14 févr. 1982", today=TODAY, locale="fr") == PartialDate(dt.date(1982, 2, 14), "day")


def test_a_future_date_is_read_where_it_may_be() -> None:
    assert parse_date("31/12/2027", today=TODAY, past=False) == PartialDate(dt.date(2027, 12, 31), "day")


@pytest.mark.parametrize("typed", ["14/3/1982", "3/1982", "1982", "~1982"])
@pytest.mark.parametrize("day_first", [True, False])
def test_what_is_written_is_read_back(typed: str, day_first: bool) -> None:
    known = parse_birth_date(typed, today=TODAY)
    assert known
    assert parse_birth_date(written(known, day_first), today=TODAY, day_first=day_first) == known


NEAR = {
    "today": "2026-11-20",
    "Tomorrow": "2026-11-21",
    "yesterday": "2026-11-19",
    "8/12": "2026-12-08",
    "8.12.": "2026-12-08",
    "20/11": "2026-11-20",
    "19/11": "2027-11-19",
    "12/25": "2026-12-25",
    "8 dec": "2026-12-08",
    "Dec 8": "2026-12-08",
    "29/2": "2028-02-29",
    "tuesday": "2026-11-24",
    "tue": "2026-11-24",
    "friday": "2026-11-27",
    "+7": "2026-11-27",
    "-3": "2026-11-17",
    "in 2 weeks": "2026-12-04",
    "in a week": "2026-11-27",
    "2w": "2026-12-04",
    "in 1 month": "2026-12-20",
    "3 days ago": "2026-11-17",
    "8/12/26": "2026-12-08",
    "5/1/27": "2027-01-05",
    "31/12/98": "1998-12-31",
}
NEAR_FRENCH = {
    "demain": "2026-11-21",
    "aujourd\u2019hui": "2026-11-20",
    "après-demain": "2026-11-22",
    "mardi": "2026-11-24",
    "dans 2 semaines": "2026-12-04",
    "il y a 3 jours": "2026-11-17",
    "8 décembre": "2026-12-08",
    "tomorrow": "2026-11-21",
}
NEAR_ARABIC = {"غدًا": "2026-11-21", "اليوم": "2026-11-20", "خلال 3 أيام": "2026-11-23", "الثلاثاء": "2026-11-24"}


@pytest.mark.guards("near days are understood as people say them, in English and in the clinic's language")
@pytest.mark.parametrize(
    ("locale", "typed", "day"),
    [
        (locale, *pair)
        for locale, said in (("en", NEAR), ("fr", NEAR_FRENCH), ("ar", NEAR_ARABIC))
        for pair in said.items()
    ],
)
def test_a_near_day_is_the_next_such_day(locale: str, typed: str, day: str) -> None:
    assert parse_day(typed, today=TODAY, heading=Heading.AHEAD, locale=locale) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("8/12", "2025-12-08"),
        ("20/11", "2026-11-20"),
        ("tuesday", "2026-11-17"),
        ("2w", "2026-11-06"),
        ("5/1/27", None),
    ],
)
def test_where_the_past_is_asked_about_it_is_the_last_one(typed: str, day: str | None) -> None:
    wanted = dt.date.fromisoformat(day) if day else dt.date(1927, 1, 5)
    assert parse_day(typed, today=TODAY, heading=Heading.BACK) == wanted


def test_the_region_decides_which_number_is_the_day() -> None:
    assert parse_day("8/12", today=TODAY, heading=Heading.AHEAD, day_first=False) == dt.date(2027, 8, 12)
    assert parse_day("10/12", today=TODAY, heading=Heading.EITHER, day_first=False) == dt.date(2026, 10, 12)


@pytest.mark.parametrize(
    "typed", ["next tuesday", "soon", "8", "31/2", "0/0", "1982", "3/1982", "+9999", "in 2", "t", "13/13", "tomorrow 8"]
)
def test_what_could_mean_two_days_or_none_is_not_guessed(typed: str) -> None:
    for heading in Heading:
        assert parse_day(typed, today=TODAY, heading=heading) is None


@pytest.mark.guards("a birth date is never said from today")
@pytest.mark.parametrize("typed", [*NEAR][:18])
def test_a_birth_date_is_never_relative(typed: str) -> None:
    assert parse_birth_date(typed, today=TODAY) is None
