"""A birth date in three boxes: whoever was born on the 3rd of May types 3, 5 and the year."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from wtforms import Field

from clinic.dates import DAY, MONTH_FIRST_REGIONS, PartialDate, day_first, parse_date, written
from clinic.web.filters import today
from clinic.web.security import settings

EXAMPLE = {"day": "14", "month": "3", "year": "1982"}
# Fewer digits than these are parts of a date, not a whole one in a single box.
WHOLE = 6


@dataclass(frozen=True)
class Box:
    """One of the three: what it asks, what stands in it, and the most digits and the largest number it takes."""

    key: str
    label: str
    value: str
    digits: int
    largest: int


class BirthBoxesField(Field):  # type: ignore[misc]
    """Day, month and year, in the order of the country; `data` is a date or None. One value may hold the whole date."""

    data: dt.date | None

    def _value(self) -> str:
        return written(PartialDate(self.data), _day_first()) if self.data else ""

    @property
    def boxes(self) -> list[Box]:
        """In their order, with what was typed."""
        typed = [str(value) for value in self.raw_data or []]
        values = dict(zip(order(), typed, strict=False)) if len(typed) == len(EXAMPLE) else {}
        if not values and self.data:
            values = {"day": str(self.data.day), "month": str(self.data.month), "year": str(self.data.year)}
        asked = {"day": (_("Day"), 2, 31), "month": (_("Month"), 2, 12), "year": (_("Year"), 4, 9999)}
        return [Box(key, asked[key][0], values.get(key, ""), *asked[key][1:]) for key in order()]

    def process_formdata(self, valuelist: list[str]) -> None:
        given = [value.strip() for value in valuelist if value.strip()]
        self.data = None
        if not given:
            return
        is_whole = len(given) == 1 and (len(valuelist) == 1 or len(given[0]) >= WHOLE)
        if not is_whole and len(given) < len(EXAMPLE):
            raise ValueError(_("Please type day, month and year."))
        found = parse_date("/".join(given), today=today(), day_first=_day_first(), past=False)
        if found is None or found.precision != DAY:
            raise ValueError(_("This is no date. Type it like %(example)s.", example=example()))
        if found.date > today():
            raise ValueError(_("This date lies in the future."))
        self.data = found.date


def order() -> list[str]:
    """The boxes as people of the country write a date."""
    return ["month", "day", "year"] if settings().region in MONTH_FIRST_REGIONS else ["day", "month", "year"]


def example() -> str:
    """A date as it can be typed into the boxes: one box after the other."""
    return " ".join(EXAMPLE[key] for key in order())


def _day_first() -> bool:
    return day_first(settings().region)
