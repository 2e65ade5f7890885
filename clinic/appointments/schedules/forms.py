"""What a manager may write about weekly hours."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import HiddenInput

from clinic.appointments.schedules.labels import weekday_name
from clinic.appointments.schedules.models import WorkingHours
from clinic.appointments.schedules.proposals import Interval, Week
from clinic.numbers import whole
from clinic.web.fields import DateTextField, TimeTextField, WholeField
from clinic.web.forms import CompleteForm, options

INTERVALS_A_DAY = 2
WORKING_DAYS = range(1, 5)


def read_id(value: Any) -> int | None:
    """The value of a select whose empty choice means nothing."""
    return whole(value) if value not in (None, "", "None") else None


class IntervalForm(PlainForm):  # type: ignore[misc]
    """From when to when on one weekday; left empty it is none."""

    weekday = WholeField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(min=0, max=6)])
    starts = TimeTextField(_l("From"))
    ends = TimeTextField(_l("Until"))
    room_id = SelectField(_l("Room"), coerce=read_id, validate_choice=False)

    def validate(self, extra_validators: Any = None) -> bool:
        """Both times or neither: fields that may be empty are not asked one by one."""
        if not super().validate(extra_validators):
            return False
        day, starts, ends = weekday_name(self.weekday.data), self.starts.data, self.ends.data
        if (starts is None) != (ends is None):
            self.ends.errors = [_("%(day)s: give both times, or neither.", day=day)]
        elif starts and ends and starts >= ends:
            self.ends.errors = [_("%(day)s: hours end after they begin.", day=day)]
        return not self.ends.errors


class WeekForm(CompleteForm):
    """A week that repeats. `seen` is what the person looked at; `confirm` is asked when appointments are stranded."""

    sometimes = frozenset({"confirm"})

    seen = HiddenField(default="")
    valid_from = DateTextField(
        _l("Valid from"), description=_l("Days before stay as they were."), validators=[InputRequired()]
    )
    slot_minutes = WholeField(
        _l("A booking every"),
        description=_l("Minutes."),
        default=15,
        validators=[InputRequired(_l("Give whole minutes.")), NumberRange(min=5, max=240)],
    )
    buffer_minutes = WholeField(
        _l("Pause between bookings"),
        description=_l("Minutes, kept free by the search for free times."),
        default=0,
        validators=[InputRequired(_l("Give whole minutes, or 0.")), NumberRange(min=0, max=120)],
    )
    intervals = FieldList(FormField(IntervalForm), label=_l("Hours"), max_entries=28)
    confirm = BooleanField(_l("Save nevertheless"))

    @classmethod
    def shown(cls, hours: Sequence[WorkingHours], *, seen: str, valid_from: dt.date) -> "WeekForm":
        """The form with the hours that are laid down."""
        pace = {"slot_minutes": hours[0].slot_minutes, "buffer_minutes": hours[0].buffer_minutes} if hours else {}
        by_day: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in hours:
            by_day[row.weekday].append({"starts": row.starts, "ends": row.ends, "room_id": row.room_id})
        rows = []
        for weekday in range(7):
            given = by_day[weekday]
            given += [{"room_id": given[-1]["room_id"] if given else None}] * (INTERVALS_A_DAY - len(given))
            rows += [{"weekday": weekday, **row} for row in given]
        return cls(formdata=None, data={"seen": seen, "valid_from": valid_from, "intervals": rows, **pace})

    def offer(self, rooms: Iterable[tuple[int, str]]) -> "WeekForm":
        """Set the rooms to choose from."""
        choices = options([("", _("No room of their own")), *rooms])
        for row in self.intervals:
            row.form.room_id.choices = choices
        return self

    def days(self) -> list[tuple[str, list[Any]]]:
        """The rows of each weekday, Monday first."""
        by_day: dict[int, list[Any]] = defaultdict(list)
        for row in self.intervals:
            by_day[row.form.weekday.data or 0].append(row.form)
        return [(weekday_name(weekday), by_day[weekday]) for weekday in range(7)]

    def copy_first_day(self) -> None:
        """Give Tuesday to Friday what stands on Monday."""
        rows = [row.form for row in self.intervals]
        first = [row for row in rows if row.weekday.data == 0]
        for weekday in WORKING_DAYS:
            for source, target in zip(first, [row for row in rows if row.weekday.data == weekday], strict=False):
                for name in ("starts", "ends", "room_id"):
                    target[name].data, target[name].raw_data = source[name].data, None

    def week(self) -> Week:
        """What was typed, for the service."""
        rows = [row.form for row in self.intervals]
        return Week(
            intervals=[
                Interval(weekday=row.weekday.data, starts=row.starts.data, ends=row.ends.data, room_id=row.room_id.data)
                for row in rows
                if row.starts.data and row.ends.data
            ],
            slot_minutes=self.slot_minutes.data,
            buffer_minutes=self.buffer_minutes.data,
            valid_from=cast(dt.date, self.valid_from.data),
        )
