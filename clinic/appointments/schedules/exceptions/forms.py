"""What a manager may write about leave, closed rooms, extra hours and holidays."""

import datetime as dt
from collections.abc import Iterable
from typing import cast

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from clinic.appointments.forms import check_exists
from clinic.appointments.schedules.forms import read_id
from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.schedules.service import TimeOffDetails
from clinic.web.fields import DateTextField, TimeTextField
from clinic.web.forms import CreateForm, options


class TimeOffForm(CreateForm):
    """One exception from the weekly hours; which fields are shown depends on its kind."""

    practitioner_id = SelectField(_l("Practitioner"), coerce=read_id)
    room_id = SelectField(_l("Room"), coerce=read_id)
    starts_on = DateTextField(_l("From"), validators=[InputRequired(_l("Give a day."))])
    ends_on = DateTextField(_l("Until"), description=_l("Included; empty for one day."), validators=[MayBeEmpty()])
    starts = TimeTextField(_l("From time"), description=_l("Empty for whole days."), validators=[MayBeEmpty()])
    ends = TimeTextField(_l("Until time"), validators=[MayBeEmpty()])
    reason = StringField(_l("Note"), description=_l("Only managers see it."), validators=[Length(max=200)])
    confirm = BooleanField(_l("Save nevertheless"))

    def offer(self, practitioners: Iterable[tuple[int, str]], rooms: Iterable[tuple[int, str]]) -> "TimeOffForm":
        """Set the practitioners and rooms to choose from."""
        self.practitioner_id.choices = options([("", _l("Choose")), *practitioners])
        self.room_id.choices = options([("", _l("Choose")), *rooms])
        return self

    def validate_starts(self, field: TimeTextField) -> None:
        """A time that the clinic's clock leaves out that day is nobody's."""
        check_exists(self.starts_on.data, field)

    def validate_ends(self, field: TimeTextField) -> None:
        """The same of the end."""
        check_exists(self.ends_on.data or self.starts_on.data, field)

    def details(self, kind: TimeOffKind) -> TimeOffDetails:
        """What was typed, for the service."""
        first = cast(dt.date, self.starts_on.data)
        return TimeOffDetails(
            kind=kind,
            practitioner_id=self.practitioner_id.data if kind is not TimeOffKind.CLOSED else None,
            room_id=self.room_id.data if kind is not TimeOffKind.LEAVE else None,
            starts_on=first,
            ends_on=self.ends_on.data or first,
            starts=self.starts.data,
            ends=self.ends.data,
            reason=self.reason.data,
        )


class HolidayForm(CreateForm):
    """A day on which the whole clinic is closed."""

    day = DateTextField(_l("Day"), validators=[InputRequired(_l("Give a day."))])
    name = StringField(
        _l("Name"),
        description=_l("As people know it, such as New Year's Day."),
        validators=[DataRequired(_l("Give it a name.")), Length(max=120)],
    )
    confirm = BooleanField(_l("Save nevertheless"))
