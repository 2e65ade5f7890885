"""Jinja filters: times in the clinic's zone, dates by precision, ages, numbers and sizes, in the reader's language."""

import datetime as dt
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_time as format_wall_time
from babel.dates import get_datetime_format
from flask import Flask
from flask_babel import format_currency, format_date, format_datetime, format_decimal, format_time, get_locale, ngettext
from flask_babel import gettext as _

from clinic import clock, phones
from clinic.money import from_minor
from clinic.web.security import settings
from clinic.web.user_agents import browser_words


def local_time(instant: dt.datetime | None) -> str:
    """Hours and minutes at the clinic; with the name of the time (CET, CEST) where the clock shows them twice."""
    if instant is None:
        return ""
    zone = settings().zone
    local = instant.astimezone(zone)
    text = time_in(get_locale(), local.time())
    return f"{text} {local.tzname()}" if clock.comes_twice(local, zone) else text


def time_in(locale: Locale | None, time: dt.time) -> str:
    """Hours and minutes in a language."""
    return _written_time(locale, time.hour, time.minute)


@lru_cache(maxsize=10_000)
def _written_time(_locale: Locale | None, hour: int, minute: int) -> str:
    """Kept: a day sheet shows a thousand times, and there are but 1,440 in a language."""
    return str(format_time(dt.time(hour, minute), "short", rebase=False))


def local_datetime(instant: dt.datetime | None) -> str:
    """Date, hours and minutes at the clinic."""
    if instant is None:
        return ""
    joined = str(get_datetime_format("medium", locale=get_locale()))
    return joined.replace("{1}", format_date(instant, "medium")).replace("{0}", format_time(instant, "short"))


def wall_time(time: dt.time) -> str:
    """A time of the clinic's clock, of no particular day."""
    return str(format_wall_time(time, "short", locale=get_locale()))


def exact_datetime(instant: dt.datetime) -> str:
    """Date and time to the second at the clinic, for records that prove something."""
    return str(format_datetime(instant, "medium"))


def date(day: dt.date | dt.datetime | None) -> str:
    """A calendar date; an instant gives the clinic's date."""
    if day is None:
        return ""
    if isinstance(day, dt.datetime):
        day = clock.clinic_day(day, settings().zone)
    return date_in(get_locale(), day)


def full_date(day: dt.date | dt.datetime) -> str:
    """A calendar date with its weekday; an instant gives the clinic's date."""
    if isinstance(day, dt.datetime):
        day = clock.clinic_day(day, settings().zone)
    return date_in(get_locale(), day, "full")


@lru_cache(maxsize=40_000)
def date_in(locale: Locale | None, day: dt.date, pattern: str = "medium") -> str:
    """A date in a language. Kept: lists show a hundred dates, and writing one takes longer than reading a row."""
    return str(format_date(day, pattern, rebase=False))


def today() -> dt.date:
    """The clinic's calendar day."""
    return clock.clinic_day(clock.now(), settings().zone)


def birth_date(day: dt.date | None, precision: str = "day") -> str:
    """Only what is known: never a made-up 1 January."""
    return birth_date_in(get_locale(), day, precision)


def birth_date_in(locale: Locale | None, day: dt.date | None, precision: str) -> str:
    """The same in a language looked up before, for lists."""
    if day is None:
        return str(_("unknown"))
    if precision == "month":
        return date_in(locale, day, "MMM y")
    if precision == "year":
        return str(day.year)
    if precision == "estimated":
        return str(_("about %(year)s", year=day.year))
    return date_in(locale, day)


def age(day: dt.date | None, precision: str = "day") -> str:
    """Years, or months under two years, or days under one month; "about" where not known to the day."""
    return age_in(get_locale(), day, precision, today())


def age_of(person: Any) -> str:
    """The age of a row with birth and death; of the dead the one they died at: "died at 81 y"."""
    return age_of_in(get_locale(), person, today())


def age_of_in(locale: Locale | None, person: Any, now: dt.date) -> str:
    """The same in a language, on a day, for lists."""
    born, died = person.birth_date, person.deceased_on
    if not person.is_deceased:
        return age_in(locale, born, person.birth_precision, now)
    if born is None or died is None:
        return str(_("died"))
    known = {person.birth_precision, person.deceased_precision}
    is_exact = known <= {"day"} or (known <= {"day", "month"} and born.month != died.month)
    return str(_("died at %(age)s", age=age_in(locale, born, "day" if is_exact else "estimated", died)))


def death_in_words(is_deceased: bool, day: dt.date | None, precision: str) -> str:
    """That somebody died, and when as far as it is known; empty for the living."""
    if not is_deceased:
        return ""
    return str(_("Died %(date)s", date=birth_date(day, precision)) if day else _("Died"))


def died(person: Any) -> str:
    """The same of a row."""
    return death_in_words(person.is_deceased, person.deceased_on, person.deceased_precision)


def age_in(locale: Locale | None, day: dt.date | None, precision: str, now: dt.date) -> str:
    """The same in a language, on a day, for lists."""
    if day is None:
        return ""
    months = (now.year - day.year) * 12 + now.month - day.month - (now.day < day.day)
    if precision in ("year", "estimated"):
        return _age_text(locale, "about", now.year - day.year)
    if months >= 24:
        return _age_text(locale, "years", months // 12)
    if months >= 1:
        return _age_text(locale, "months", months)
    return _age_text(locale, "days", max((now - day).days, 0))


@lru_cache(maxsize=2_000)
def _age_text(_locale: Locale | None, unit: str, count: int) -> str:
    if unit == "about":
        return str(_("about %(years)s y", years=count))
    if unit == "years":
        return str(_("%(years)s y", years=count))
    if unit == "months":
        return str(ngettext("%(num)s month", "%(num)s months", count))
    return str(ngettext("%(num)s day", "%(num)s days", count))


def number(value: float | None) -> str:
    return str(format_decimal(value)) if value is not None else ""


def money(minor: int, currency: str) -> str:
    """An amount in minor units as people of the reader's language write it."""
    return str(format_currency(from_minor(minor, currency), currency))


def file_size(size: int | None) -> str:
    """Bytes as people read them."""
    if size is None:
        return ""
    value, units = float(size), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if value < 1000 or unit == units[-1]:
            return f"{format_decimal(round(value, 0 if value >= 10 or unit == 'B' else 1))} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def phone(value: str | None) -> str:
    """A number as people of the clinic's country write it."""
    return phones.shown(value, settings().region) if value else ""


def telecom_number(telecom: dict[str, Any]) -> str:
    """A phone of a record as people of the clinic's country write it, with its extension."""
    return phones.shown_in_full(telecom["value"], telecom.get("typed"), settings().region)


def initials(name: str) -> str:
    """The first letters of the first and last word."""
    words = name.split()
    return "".join(w[0] for w in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


FILTERS = (
    local_time,
    wall_time,
    local_datetime,
    exact_datetime,
    date,
    full_date,
    birth_date,
    age,
    age_of,
    died,
    number,
    phone,
    telecom_number,
    money,
    file_size,
    initials,
)


def install(app: Flask) -> None:
    """Make them available to every template, together with `today()`."""
    for filter_ in FILTERS:
        app.add_template_filter(filter_)
    app.add_template_filter(browser_words, "browser")
    app.add_template_global(today)
    # A page draws some fifty icons: the address of their one file is written once.
    app.jinja_env.globals["icon_sprite"] = f"{app.static_url_path}/icons.svg"
    app.add_template_global(clock.now, "now")
