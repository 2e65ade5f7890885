"""What a manager may write for the waiting rooms."""

import datetime as dt
import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length, ValidationError

from clinic.queue.notices.models import OpeningHours
from clinic.queue.notices.service import version_of
from clinic.web.fields import DateTextField
from clinic.web.filters import today
from clinic.web.forms import CreateForm, EditForm, Form

_STRETCH = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*[-–]\s*(\d{1,2})(?:[:.h](\d{2}))?\Z")
Stretch = tuple[dt.time, dt.time]


class AnnouncementForm(CreateForm):
    text = StringField(_l("Announcement"), [DataRequired(_l("Write what everybody is to read.")), Length(max=300)])
    starts_on = DateTextField(_l("From"), default=today)
    ends_on = DateTextField(_l("Until"))

    def validate_starts_on(self, field: DateTextField) -> None:
        if not field.data and not field.errors:
            raise ValidationError(_("Say from which day on."))


class HoursField(StringField):  # type: ignore[misc]
    """The hours of a day as text, such as "8:00-12:00, 14:00-18:00"; `stretches` holds them once it is valid."""

    stretches: tuple[Stretch, ...] = ()

    def post_validate(self, form: Form, validation_stopped: bool) -> None:
        """Read what was typed; ValidationError says how to type it."""
        parts = [part.strip() for part in (self.data or "").split(",") if part.strip()]
        found = [_read(part) for part in parts]
        self.stretches = tuple(sorted(stretch for stretch in found if stretch))
        overlaps = any(a[1] > b[0] for a, b in zip(self.stretches, self.stretches[1:], strict=False))
        if None in found or overlaps:
            raise ValidationError(_("Type the hours like 8:00-12:00, 14:00-18:00, or leave the day empty."))


def _read(text: str) -> Stretch | None:
    match = _STRETCH.match(text)
    if match is None:
        return None
    opens, opens_past, closes, closes_past = (int(part or 0) for part in match.groups())
    if max(opens, closes) > 23 or max(opens_past, closes_past) > 59:
        return None
    stretch = dt.time(opens, opens_past), dt.time(closes, closes_past)
    return stretch if stretch[0] < stretch[1] else None


class HoursForm(EditForm):
    """A field for each weekday, Monday first."""

    day_0 = HoursField(_l("Monday"), [Length(max=80)])
    day_1 = HoursField(_l("Tuesday"), [Length(max=80)])
    day_2 = HoursField(_l("Wednesday"), [Length(max=80)])
    day_3 = HoursField(_l("Thursday"), [Length(max=80)])
    day_4 = HoursField(_l("Friday"), [Length(max=80)])
    day_5 = HoursField(_l("Saturday"), [Length(max=80)])
    day_6 = HoursField(_l("Sunday"), [Length(max=80)])

    @classmethod
    def of(cls, hours: list[OpeningHours]) -> "HoursForm":
        """The form with what is set up."""
        days = [[f"{h.opens:%H:%M}-{h.closes:%H:%M}" for h in hours if h.weekday == day] for day in range(7)]
        own = {f"day_{day}": ", ".join(stretches) for day, stretches in enumerate(days)}
        return cls(formdata=None, data=own | {"version": version_of(hours)})

    @property
    def hours(self) -> dict[int, tuple[Stretch, ...]]:
        """The stretches of each weekday."""
        return {day: self[f"day_{day}"].stretches for day in range(7)}
