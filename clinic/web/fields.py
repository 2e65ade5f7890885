"""Fields that read what people type: dates in any usual spelling, of any certainty.

What cannot be read is an error beside the field, never an empty value: no form may take a date by a field that is not
made here.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, IntegerField
from wtforms.widgets import DateInput, TextInput

from clinic import dates
from clinic.dates import PartialDate
from clinic.errors import Invalid
from clinic.near_days import Heading
from clinic.numbers import whole
from clinic.web.filters import today
from clinic.web.security import settings


class WholeField(IntegerField):  # type: ignore[misc]
    """A whole number that both databases can hold; `data` is an int or None. Bounds come from its validators."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        # A filter that was kept, such as an export's, comes back as a number.
        typed, self.data = str(valuelist[0]).strip(), None
        if not typed:
            return
        try:
            self.data = -whole(typed[1:]) if typed.startswith("-") else whole(typed)
        except ValueError as error:
            raise ValueError(_("This is not a whole number.")) from error


class DateTextField(Field):  # type: ignore[misc]
    """A day typed as text, or said from today (tomorrow, 8/12, +7); `data` is a date or None.

    `heading` tells where its days lie. What was typed stays when it is no date.
    """

    widget = TextInput()
    data: Any

    def __init__(self, *args: Any, heading: Heading = Heading.AHEAD, **options: Any) -> None:
        super().__init__(*args, **options)
        self.heading = heading

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.written() if self.data else ""

    def written(self) -> str:
        """The field's value as it is read back."""
        return dates.written(PartialDate(self.data), _day_first())

    def read(self, typed: str) -> Any:
        """The value of what was typed; ValueError with what to type instead."""
        return read_day(typed, self.heading)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if typed:
            self.data = self.read(typed)


class DayField(DateTextField):
    """The same with the browser's own calendar; a script or an address may say the day in any way."""

    widget = DateInput()

    def __init__(self, *args: Any, heading: Heading = Heading.BACK, **options: Any) -> None:
        super().__init__(*args, heading=heading, **options)

    def _value(self) -> str:
        return self.data.isoformat() if self.data else super()._value()


def read_day(typed: str, heading: Heading = Heading.AHEAD) -> dt.date:
    """A day as typed, by the clinic's habits; ValueError with what to type instead."""
    day = dates.parse_day(typed, today=today(), heading=heading, day_first=_day_first(), locale=_locale())
    if day is None:
        raise ValueError(_("This is no date. Type it like %(example)s, 8 Dec, tomorrow or +7.", example=_example()))
    return day


def day_in_address(args: Mapping[str, str], name: str, usual: dt.date) -> dt.date:
    """The day that an address names, or `usual` where it names none; Invalid(name) where it is no day."""
    try:
        return read_day(args[name]) if args.get(name) else usual
    except ValueError as error:
        raise Invalid(str(error), name) from error


def time_in_address(args: Mapping[str, str], name: str, usual: dt.time) -> dt.time:
    """The same of a time of day."""
    try:
        return read_time(args[name]) if args.get(name) else usual
    except ValueError as error:
        raise Invalid(str(error), name) from error


def choice_in_address(args: Mapping[str, str], name: str, choices: Collection[str], usual: str = "") -> str:
    """Which of `choices` an address names, or `usual` where it names none; Invalid(name) for anything else."""
    typed = args.get(name) or usual
    if typed != usual and typed not in choices:
        raise Invalid(_("This address asks for “%(value)s”, which does not exist here.", value=typed[:40]), name)
    return typed


class BirthDateField(DateTextField):
    """A birth date as far as it is known, or an age; `data` is a PartialDate or None."""

    def written(self) -> str:
        return dates.written(self.data, _day_first())

    def read(self, typed: str) -> PartialDate:
        return read_birth_date(typed)


class DeathDateField(BirthDateField):
    """A day of death as far as it is known: full, month and year, a year, or said from today; a PartialDate or None."""

    def read(self, typed: str) -> PartialDate:
        known = dates.parse_date(typed, today=today(), day_first=_day_first(), locale=_locale())
        found = known or PartialDate(read_day(typed, Heading.BACK))
        if found.date > today():
            raise ValueError(_("This date lies in the future."))
        return found


def read_birth_date(typed: str) -> PartialDate:
    """What was typed as a birth date, by the clinic's habits; ValueError with what to type instead."""
    found = dates.parse_birth_date(typed, today=today(), day_first=_day_first(), locale=_locale())
    if found is None:
        raise ValueError(_("Type a date of the past such as %(example)s, 1982, or an age: ~40.", example=_example()))
    return found


def _day_first() -> bool:
    return dates.day_first(settings().region)


def _locale() -> str:
    return settings().locale.replace("-", "_")


def _example() -> str:
    return "14/3/1982" if _day_first() else "3/14/1982"


class TimeTextField(DateTextField):
    """A time of day, typed as text: 9, 9:15, 0915, 9h15, 9.15 pm; `data` is a time or None."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if self.data else ""

    def read(self, typed: str) -> dt.time:
        return read_time(typed)


def read_time(typed: str) -> dt.time:
    """A time of day as typed; ValueError with what to type instead."""
    found = dates.parse_time(typed)
    if found is None:
        raise ValueError(_("Type a time such as 9:15."))
    return found
