"""Days said from today: tomorrow, tuesday, +7, in 2 weeks; and 8/12, which leaves the year open.

In English and in the clinic's own language. What cannot be told for sure is None: a reader asks again
rather than guess.
"""

import calendar
import datetime as dt
import enum
import re
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale
from babel.dates import get_day_names

from clinic.names import fold

# Days from today that have a name, as CLDR has them; Babel does not carry these.
_NAMED: dict[str, dict[str, int]] = {
    "en": {"today": 0, "tomorrow": 1, "tmrw": 1, "yesterday": -1, "day after tomorrow": 2, "day before yesterday": -2},
    "fr": {"aujourd'hui": 0, "auj": 0, "demain": 1, "après-demain": 2, "hier": -1, "avant-hier": -2},
    "de": {"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2},
    "es": {"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anteayer": -2},
    "it": {"oggi": 0, "domani": 1, "dopodomani": 2, "ieri": -1, "l'altro ieri": -2},
    "pt": {"hoje": 0, "amanhã": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2},
    "nl": {"vandaag": 0, "morgen": 1, "overmorgen": 2, "gisteren": -1, "eergisteren": -2},
    "pl": {"dzisiaj": 0, "dziś": 0, "jutro": 1, "pojutrze": 2, "wczoraj": -1, "przedwczoraj": -2},
    "tr": {"bugün": 0, "yarın": 1, "dün": -1},
    "ru": {"сегодня": 0, "завтра": 1, "послезавтра": 2, "вчера": -1, "позавчера": -2},
    "ar": {"اليوم": 0, "غدا": 1, "غدًا": 1, "بعد غد": 2, "بعد الغد": 2, "أمس": -1, "امس": -1, "أول أمس": -2},
}
_UNITS = {"day": 1, "week": 7}
_SHIFT = re.compile(r"([+-]) ?(\d{1,3})\Z")
_SHORT = re.compile(r"([+-]?) ?(\d{1,3}) ?(d|w|m|days?|weeks?|months?)\Z")
_OPEN = re.compile(r"(\d{1,2})(?:[-/.]| [-/.] ?|[-/.] )(\d{1,2})\.?\Z")
_LONGEST_SEARCH = 8


class Heading(enum.Enum):
    """Where a field's days lie, for what leaves it open: `8/12` is the next such day, the last one or the nearest."""

    AHEAD = "ahead"
    BACK = "back"
    EITHER = "either"


def read_near_day(typed: str, *, today: dt.date, heading: Heading, day_first: bool, locale: str) -> dt.date | None:
    """The day that was meant, today included where no year was given; None for what is no such way of saying a day.

    `typed` is folded to lower case and single spaces. A weekday is the next one after today, or the last one before.
    """
    try:
        return (
            _named(typed, today, locale)
            or _shifted(typed, today, heading)
            or _counted(typed, today, locale)
            or _weekday(typed, today, heading, locale)
            or _without_year(typed, today, heading, day_first)
        )
    except (OverflowError, ValueError):
        return None


def day_without_year(month: int, day: int, today: dt.date, heading: Heading) -> dt.date | None:
    """The next such day, the last one, or the nearest; 29 February looks up to eight years away."""
    years = range(today.year - _LONGEST_SEARCH, today.year + _LONGEST_SEARCH + 1)
    if not 1 <= month <= 12 or day < 1:
        return None
    found = [dt.date(y, month, day) for y in years if day <= calendar.monthrange(y, month)[1]]
    if heading is not Heading.EITHER:
        found = [d for d in found if (d >= today if heading is Heading.AHEAD else d <= today)]
    return min(found, key=lambda d: (abs(d - today), d < today), default=None)


def _languages(locale: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((locale, "en")))


def _named(typed: str, today: dt.date, locale: str) -> dt.date | None:
    wanted = fold(typed.replace("’", "'"))
    for language in _languages(locale):
        for words, days in _NAMED.get(language.partition("_")[0], {}).items():
            if fold(words) == wanted:
                return today + dt.timedelta(days=days)
    return None


def _shifted(typed: str, today: dt.date, heading: Heading) -> dt.date | None:
    """+7 and -3 are days; 2w, +1m and 10 days count on, or back where the field asks about the past."""
    if match := _SHIFT.match(typed):
        return today + dt.timedelta(days=int(match[1] + match[2]))
    match = _SHORT.match(typed)
    if match is None or (not match[1] and heading is Heading.EITHER):
        return None
    count = int(match[2]) * (-1 if match[1] == "-" or (not match[1] and heading is Heading.BACK) else 1)
    if match[3].startswith("m"):
        return _months_on(today, count)
    return today + dt.timedelta(days=count * (7 if match[3].startswith("w") else 1))


def _counted(typed: str, today: dt.date, locale: str) -> dt.date | None:
    """In 2 weeks, 3 days ago, dans 2 semaines: as CLDR writes them."""
    numbers = re.findall(r"\d+", typed)
    if len(numbers) > 1 or (numbers and len(numbers[0]) > 3):
        return None
    pattern = fold(typed.replace(numbers[0], "{0}") if numbers else typed)
    for language in _languages(locale):
        if found := _patterns(language).get(pattern):
            unit, sign, count = found
            steps = sign * (int(numbers[0]) if numbers else count)
            return _months_on(today, steps) if unit == "month" else today + dt.timedelta(days=steps * _UNITS[unit])
    return None


@lru_cache(maxsize=32)
def _patterns(language: str) -> dict[str, tuple[str, int, int]]:
    """How a language says so many days, weeks or months from now: folded pattern -> unit, direction, count if said."""
    return dict(_written_patterns(language))


def _written_patterns(language: str) -> Iterator[tuple[str, tuple[str, int, int]]]:
    fields = Locale.parse(language)._data["date_fields"]
    said = {"one": 1, "two": 2}
    for unit in (*_UNITS, "month"):
        for direction, sign in (("future", 1), ("past", -1)):
            for plural, pattern in fields[unit].get(direction, {}).items():
                if "{0}" in pattern or plural in said:
                    yield fold(pattern), (unit, sign, said.get(plural, 1))
    if language.startswith("en"):
        for article, unit in (("a", "week"), ("one", "week"), ("a", "month"), ("one", "month"), ("a", "day")):
            yield f"in {article} {unit}", (unit, 1, 1)


def _weekday(typed: str, today: dt.date, heading: Heading, locale: str) -> dt.date | None:
    number = _weekday_number(fold(typed.rstrip(".")), locale)
    if number is None or heading is Heading.EITHER:
        return None
    if heading is Heading.AHEAD:
        return today + dt.timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return today - dt.timedelta(days=(today.weekday() - number - 1) % 7 + 1)


@lru_cache(maxsize=512)
def _weekday_number(word: str, locale: str) -> int | None:
    """Monday is 0. The beginning of a name counts from three letters on (two where that is the usual short name)."""
    for language in _languages(locale):
        for width in ("abbreviated", "short"):
            for number, name in get_day_names(width, locale=language).items():
                if len(word) >= 2 and fold(str(name).rstrip(".")) == word:
                    return int(number)
        wide = {int(number): fold(str(name)) for number, name in get_day_names("wide", locale=language).items()}
        found = [number for number, name in wide.items() if len(word) >= 3 and name.startswith(word)]
        if len(found) == 1:
            return found[0]
    return None


def _without_year(typed: str, today: dt.date, heading: Heading, day_first: bool) -> dt.date | None:
    match = _OPEN.match(typed)
    if match is None:
        return None
    day, month = (int(match[1]), int(match[2])) if day_first else (int(match[2]), int(match[1]))
    return day_without_year(month, day, today, heading) or day_without_year(day, month, today, heading)


def _months_on(today: dt.date, count: int) -> dt.date:
    """The same day of another month, or its last where it is shorter."""
    months = today.year * 12 + today.month - 1 + count
    year, month = months // 12, months % 12 + 1
    return dt.date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
