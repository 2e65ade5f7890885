"""Dates as people type them."""

import datetime as dt

import pytest

from clinic.dates import PartialDate, day_first, parse_birth_date, parse_date, written

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
