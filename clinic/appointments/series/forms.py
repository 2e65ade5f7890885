"""What staff may send to make, change and cancel a series."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from clinic.appointments.forms import REASONS, CancelForm, PlaceForm, ReasonsForm, StepForm
from clinic.appointments.models import AppointmentSeries
from clinic.appointments.series.rules import MOST_DATES, MOST_WEEKS, Rule
from clinic.appointments.series.service import Scope, SeriesChange, SeriesDetails
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.web.fields import DateTextField, WholeField
from clinic.web.forms import CreateForm, options

SCOPES = {Scope.FOLLOWING: _l("This and the following"), Scope.ALL: _l("All to come")}
ENDS = (("count", _l("After a number")), ("until", _l("On a day")))


class ScopeForm(StepForm):
    """Which appointments of the series, counted from one of them."""

    appointment_id = WholeField(widget=HiddenInput(), validators=[InputRequired()])
    scope = RadioField(
        _l("Which appointments"),
        coerce=Scope,
        choices=options((scope.value, word) for scope, word in SCOPES.items()),
        default=Scope.FOLLOWING,
    )


class SeriesForm(CreateForm, PlaceForm, ReasonsForm):
    """A new series. `is_seen` says that the dates were shown with what they meet."""

    patient_id = WholeField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1)])
    is_seen = HiddenField(default="")
    service_id = SelectField(_l("Service"), coerce=whole, choices=[], validate_choice=False)
    every_weeks = WholeField(
        _l("Every … weeks"),
        default=1,
        validators=[InputRequired(_l("Give a number of weeks.")), NumberRange(1, MOST_WEEKS)],
    )
    ends = RadioField(_l("Ends"), choices=options(ENDS), default="count")
    count = WholeField(_l("Appointments"), default=10, validators=[Optional(), NumberRange(2, MOST_DATES)])
    until = DateTextField(_l("Last day"))
    note = TextAreaField(_l("Note"), validators=[Optional(), Length(max=500)])

    def offer(self, services: Iterable[tuple[int, str]]) -> None:
        """Set the services to choose from."""
        self.service_id.choices = options(services)

    def details(self, minutes: int) -> SeriesDetails:
        """What was typed, for the service; `minutes` is what the service usually takes."""
        is_counted = self.ends.data == "count"
        return SeriesDetails(
            patient_id=self.patient_id.data,
            service_id=self.service_id.data,
            practitioner_id=self.practitioner_id.data or None,
            room_id=self.room_id.data or None,
            rule=Rule(
                starts_on=cast(dt.date, self.day.data),
                local_time=cast(dt.time, self.time.data),
                minutes=self.minutes.data or minutes,
                every_weeks=self.every_weeks.data,
                count=self.count.data if is_counted else None,
                until=self.until.data if not is_counted else None,
            ),
            note=self.note.data,
        )


class MoveSeriesForm(ScopeForm, PlaceForm, ReasonsForm):
    """Another weekday, time, length, practitioner or room. `day` is where the appointment it starts from would go."""

    sometimes = REASONS

    is_seen = HiddenField(default="")

    def change(self, from_day: dt.date, series: AppointmentSeries) -> SeriesChange:
        """What was typed, for the service."""
        return SeriesChange(
            shift_days=(cast(dt.date, self.day.data) - from_day).days,
            local_time=cast(dt.time, self.time.data),
            minutes=self.minutes.data or series.duration_minutes,
            practitioner_id=self.practitioner_id.data or None,
            room_id=self.room_id.data or None,
        )


class CancelSeriesForm(ScopeForm, CancelForm):
    """Who cancels, and why."""


def left_out(values: Any) -> set[dt.date]:
    """The days that are not to be booked, of the form's `leave_out`. Invalid for what is no day: it would be booked."""
    try:
        return {dt.date.fromisoformat(value) for value in values.getlist("leave_out")}
    except ValueError as error:
        raise Invalid(_("A day to leave out could not be read. Open the series again.")) from error
