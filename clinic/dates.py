"""Dates as people type them, with how much of them is known.

One reader for forms, search and imports. Two-digit years mean the latest year that is not in the future; where a field
asks for a day to come, the latest that is at most 50 years away.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from babel.dates import get_month_names

from clinic.names import fold
from clinic.near_days import Heading, day_without_year, read_near_day

DAY, MONTH, YEAR, ESTIMATED = "day", "month", "year", "estimated"
# Where numbers are written month first (CLDR yMd patterns).
MONTH_FIRST_REGIONS = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "MH", "FM", "PW", "UM"})
OLDEST_AGE = 130
# How far ahead a year of two digits may lie in a field for days to come, such as until when a card is valid.
YEARS_AHEAD = 50

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?\Z")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})\Z")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/. ]+(\d{4})\Z")
_AGE = re.compile(r"(\d{1,3}) ?(y|yr|yrs|yo|y o|year|years|years old|year old|m|mo|mos|month|months|months old)?\Z")
_TIME = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?\s*h?\s*(am|pm|a\.m\.|p\.m\.)?\Z")
_ABOUT = re.compile(r"(?:~|≈|about |approx |approximately |around |ca |circa |c |age |aged )+")


@dataclass(frozen=True)
class PartialDate:
    """A date and its precision ("day", "month", "year", "estimated"); what is not known stands at 1."""

    date: dt.date
    precision: str = DAY


def parse_date(
    typed: str, *, today: dt.date, day_first: bool = True, locale: str = "en", past: bool = True
) -> PartialDate | None:
    """A date of the past (or, unless `past`, of any time) in any usual spelling, or None.

    Reads 14/3/82, 14.3.1982, 1982-03-14, 14031982, 19820314, 14 mar 1982, March 14 1982, 3/1982, mar 1982, 1982.
    """
    found = _written(_lowered(typed), today.year if past else today.year + YEARS_AHEAD, day_first, locale)
    return found if found and not (past and found.date > today) else None


def parse_day(
    typed: str, *, today: dt.date, heading: Heading, day_first: bool = True, locale: str = "en"
) -> dt.date | None:
    """A full day in any usual spelling, or said from today: 8/12, 8 dec, tomorrow, tuesday, +7, in 2 weeks; or None.

    `heading` tells which 8/12 is meant. Never for birth dates, which are not said this way.
    """
    text = _lowered(typed)
    latest = today.year + (0 if heading is Heading.BACK else YEARS_AHEAD)
    found = _written(text, latest, day_first, locale)
    if found is not None:
        return found.date if found.precision == DAY else None
    if (named := _day_of_month(text, locale)) is not None:
        return day_without_year(*named, today, heading)
    return read_near_day(text, today=today, heading=heading, day_first=day_first, locale=locale)


def _lowered(typed: str) -> str:
    return " ".join(typed.strip().casefold().replace(",", " ").split())


def _written(text: str, latest: int, day_first: bool, locale: str) -> PartialDate | None:
    """A date that says its year; of two digits it is the last such year up to `latest`."""
    found = _iso(text) or _numbers(text, latest, day_first) or _compact(text, latest, day_first)
    return found or _words(text, latest, locale)


def parse_birth_date(typed: str, *, today: dt.date, day_first: bool = True, locale: str = "en") -> PartialDate | None:
    """As parse_date(), or an age: "~40", "40y", "8 months", "about 1950". None when it is no date of the past."""
    text = " ".join(typed.strip().casefold().replace(".", " ").replace("~", " ~ ").split()).replace("~ ", "~")
    rest = _ABOUT.sub("", text, count=1) if _ABOUT.match(text) else None
    if rest is not None or _AGE.match(text):
        estimated = _estimate(text if rest is None else rest, today, marked=rest is not None)
        if estimated:
            return estimated
    return parse_date(typed, today=today, day_first=day_first, locale=locale)


def parse_time(typed: str) -> dt.time | None:
    """A time of day in any usual spelling (9, 9:15, 0915, 9h15, 9.15 pm), or None."""
    match = _TIME.match(" ".join(typed.casefold().split()))
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def day_first(region: str) -> bool:
    """Whether people of a country write the day before the month."""
    return region not in MONTH_FIRST_REGIONS


def written(known: PartialDate, day_first: bool = True) -> str:
    """As parse_birth_date() reads it back: 14/03/1982, 03/1982, 1982 or ~1982."""
    if known.precision == DAY:
        return known.date.strftime("%d/%m/%Y" if day_first else "%m/%d/%Y")
    if known.precision == MONTH:
        return known.date.strftime("%m/%Y")
    return f"~{known.date.year}" if known.precision == ESTIMATED else str(known.date.year)


def _estimate(text: str, today: dt.date, *, marked: bool) -> PartialDate | None:
    """An age with its unit, or, once marked as an estimate, a bare age or year."""
    match = _AGE.match(text)
    if match and (match[2] or marked):
        count = int(match[1])
        if (match[2] or "").startswith("m"):
            months = today.year * 12 + today.month - 1 - count
            return PartialDate(dt.date(months // 12, months % 12 + 1, 1), MONTH) if count <= 48 else None
        return PartialDate(dt.date(today.year - count, 1, 1), ESTIMATED) if count <= OLDEST_AGE else None
    if marked and re.fullmatch(r"\d{4}", text):
        return _made(int(text), 1, 1, ESTIMATED)
    return None


def _iso(text: str) -> PartialDate | None:
    match = _ISO.match(text)
    if not match:
        return None
    day = match[3]
    return _made(int(match[1]), int(match[2]), int(day or 1), DAY if day else MONTH)


def _numbers(text: str, latest: int, day_first: bool) -> PartialDate | None:
    if match := _NUMBERS.match(text):
        return _ordered(int(match[1]), int(match[2]), _year(match[3], latest), day_first)
    if match := _MONTH_YEAR.match(text):
        return _made(int(match[2]), int(match[1]), 1, MONTH)
    return None


def _compact(text: str, latest: int, day_first: bool) -> PartialDate | None:
    """Digits only: a year, ddmmyy, ddmmyyyy or yyyymmdd."""
    if not text.isascii() or not text.isdecimal():
        return None
    if len(text) == 4:
        return _made(int(text), 1, 1, YEAR)
    if len(text) == 6:
        return _ordered(int(text[:2]), int(text[2:4]), _year(text[4:], latest), day_first)
    if len(text) == 8:
        written = _ordered(int(text[:2]), int(text[2:4]), int(text[4:]), day_first)
        return written or _made(int(text[:4]), int(text[4:6]), int(text[6:]))
    return None


def _words(text: str, latest: int, locale: str) -> PartialDate | None:
    """A month by name among one or two numbers."""
    month, numbers = _month_among(text, locale)
    if month is None or not 1 <= len(numbers) <= 2 or any(len(n) > 4 for n in numbers):
        return None
    if len(numbers) == 1:
        return _made(int(numbers[0]), month, 1, MONTH) if len(numbers[0]) == 4 else None
    day, year = reversed(numbers) if len(numbers[0]) == 4 else numbers
    return _made(_year(year, latest), month, int(day))


def _day_of_month(text: str, locale: str) -> tuple[int, int] | None:
    """8 dec or december 8: (month, day) without a year."""
    month, numbers = _month_among(text, locale)
    is_day = month is not None and len(numbers) == 1 and len(numbers[0]) <= 2
    return (month, int(numbers[0])) if month is not None and is_day else None


def _month_among(text: str, locale: str) -> tuple[int | None, list[str]]:
    """The one month that is named, and the numbers beside it."""
    parts = re.findall(r"\d+|[^\W\d]+", text)
    named = [month for part in parts if (month := _month(part, locale))]
    return named[0] if len(named) == 1 else None, [part for part in parts if part.isdecimal()]


@lru_cache(maxsize=1024)
def _month(word: str, locale: str) -> int | None:
    """The month whose name begins with `word` (three letters or more), in the clinic's language or English."""
    wanted = fold(word)
    if len(wanted) < 3:
        return None
    for language in dict.fromkeys((locale, "en")):
        names = {number: fold(str(name)) for number, name in get_month_names("wide", locale=language).items()}
        found = [number for number, name in names.items() if name.startswith(wanted)]
        if len(found) == 1:
            return int(found[0])
    return None


def _year(digits: str, latest: int) -> int:
    if len(digits) != 2:
        return int(digits)
    year = latest // 100 * 100 + int(digits)
    return year if year <= latest else year - 100


def _ordered(first: int, second: int, year: int, day_first: bool) -> PartialDate | None:
    """The usual order of the country; the other one when only that makes a date."""
    day, month = (first, second) if day_first else (second, first)
    return _made(year, month, day) or _made(year, day, month)


def _made(year: int, month: int, day: int, precision: str = DAY) -> PartialDate | None:
    if not 1 <= month <= 12 or not 1800 <= year <= 2200 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return PartialDate(dt.date(year, month, day), precision)
