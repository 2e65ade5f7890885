"""Fields that read what people type: dates in any usual spelling, of any certainty."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from wtforms import Field
from wtforms.widgets import TextInput

from clinic import dates
from clinic.dates import PartialDate
from clinic.web.filters import today
from clinic.web.security import settings


class DateTextField(Field):  # type: ignore[misc]
    """A date of any time, typed as text; `data` is a date or None. What was typed stays when it is no date."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return dates.written(self.partial(self.data), _day_first()) if self.data else ""

    def partial(self, value: Any) -> PartialDate:
        """The field's value with its precision."""
        return PartialDate(value)

    def read(self, typed: str) -> Any:
        """The value of what was typed; ValueError with what to type instead."""
        found = dates.parse_date(typed, today=today(), day_first=_day_first(), locale=_locale(), past=False)
        if found is None or found.precision != dates.DAY:
            raise ValueError(_("This is no full date. Type it like %(example)s.", example=_example()))
        return found.date

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if typed:
            self.data = self.read(typed)


class PastDateField(DateTextField):
    """A full date that is not in the future."""

    def read(self, typed: str) -> dt.date:
        day: dt.date = super().read(typed)
        if day > today():
            raise ValueError(_("This date lies in the future."))
        return day


class BirthDateField(DateTextField):
    """A birth date as far as it is known, or an age; `data` is a PartialDate or None."""

    def partial(self, value: PartialDate) -> PartialDate:
        return value

    def read(self, typed: str) -> PartialDate:
        return read_birth_date(typed)


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
        found = dates.parse_time(typed)
        if found is None:
            raise ValueError(_("Type a time such as 9:15."))
        return found
