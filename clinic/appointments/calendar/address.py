"""What the address of a calendar asks for."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from babel import Locale
from flask import url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from clinic.appointments.calendar.queries import By
from clinic.errors import Invalid
from clinic.web.fields import choice_in_address, day_in_address
from clinic.web.filters import today

NOBODY = "none"
WEEK = dt.timedelta(days=7)
YEARS = range(1990, 2200)


@dataclass(frozen=True)
class Asked:
    """Which days and columns. `who` is the key of the one column to show, or empty for all."""

    day: dt.date
    is_week: bool = False
    by: By = By.PRACTITIONER
    who: str = ""

    @property
    def days(self) -> list[dt.date]:
        """The days shown, in their order."""
        if not self.is_week:
            return [self.day]
        first = self.day - dt.timedelta(days=(self.day.weekday() - first_weekday()) % 7)
        return [first + dt.timedelta(days=n) for n in range(7)]

    def address(self, **changes: Any) -> str:
        """The page with something else chosen."""
        return url_for("calendar.index", **replace(self, **changes).arguments())

    def arguments(self) -> dict[str, Any]:
        """As they stand in an address, without what is usual."""
        given = {
            "day": self.day.isoformat() if self.day != today() else "",
            "view": "week" if self.is_week else "",
            "by": "" if self.by is By.PRACTITIONER else self.by.value,
            "who": self.who,
        }
        return {name: value for name, value in given.items() if value}

    def step(self, direction: int) -> str:
        """The page one day or week before or after."""
        return self.address(day=self.day + direction * (WEEK if self.is_week else dt.timedelta(days=1)))


def read_address(args: MultiDict[str, str]) -> Asked:
    """What an address asks for; Invalid naming the part that cannot be read."""
    day = day_in_address(args, "day", today())
    if day.year not in YEARS:
        raise Invalid(_("The calendar has days from %(first)s to %(last)s.", first=YEARS[0], last=YEARS[-1]), "day")
    by = By(choice_in_address(args, "by", set(By), By.PRACTITIONER))
    is_week = choice_in_address(args, "view", ("week",), "day") == "week"
    typed = args.get("who", "")
    who = choice_in_address(args, "who", (typed,) if typed.isdecimal() else (NOBODY,))
    return Asked(day, is_week, by, who)


def first_weekday() -> int:
    """From Monday as 0, as people of the reader's language count."""
    return int((get_locale() or Locale("en")).first_week_day)


def column_key(column_id: int | None) -> str:
    """A column as addresses and the script name it."""
    return NOBODY if column_id is None else str(column_id)
