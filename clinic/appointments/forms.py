"""What staff may send to move and end appointments. The service checks what is free."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from clinic.appointments.models import CancelledBy
from clinic.appointments.placement import Reasons
from clinic.appointments.words import CANCELLED_BY_WORDS
from clinic.clock import exists, wall_time
from clinic.numbers import whole
from clinic.web.fields import DateTextField, TimeTextField, WholeField
from clinic.web.forms import CompleteForm, Form, options
from clinic.web.security import settings

ANY = 0
LONGEST_MINUTES = 12 * 60
LEFT_OUT = _l("The clocks go forward that night: there is no such time on this day.")


def check_exists(day: dt.date | None, field: TimeTextField) -> None:
    """ValidationError for a time of that day that the clinic's clock leaves out."""
    if day and field.data and not exists(day, field.data, settings().zone):
        raise ValidationError(LEFT_OUT)


# On the page once the rule has spoken.
REASONS = frozenset({"same_day_reason", "double_booking_reason"})


class ReasonsForm(Form):
    """Why a rule is set aside. Shown once the rule has spoken."""

    same_day_reason = StringField(_l("Why one more that day"), validators=[Optional(), Length(max=300)])
    double_booking_reason = StringField(_l("Why book it all the same"), validators=[Optional(), Length(max=300)])

    def reasons(self, *, may_double_book: bool) -> Reasons:
        """What was given; a double booking only of those who may."""
        double = self.double_booking_reason.data if may_double_book else None
        return Reasons(double_booking=double, same_day=self.same_day_reason.data)


class PlaceForm(Form):
    """A day, a time and with whom or where. `names` are those of offer_places()."""

    names: dict[str, dict[int, str]]

    day = DateTextField(_l("Day"), validators=[InputRequired(_l("Type a day."))])
    time = TimeTextField(_l("Time"), validators=[InputRequired(_l("Type a time such as 9:15."))])
    minutes = WholeField(_l("Minutes"), validators=[Optional(), NumberRange(1, LONGEST_MINUTES)])
    practitioner_id = SelectField(_l("Practitioner"), coerce=whole, choices=[], default=ANY, validate_choice=False)
    room_id = SelectField(_l("Room"), coerce=whole, choices=[], default=ANY, validate_choice=False)

    def validate_time(self, field: TimeTextField) -> None:
        """A time that the clinic's clock leaves out that day is nobody's."""
        check_exists(self.day.data, field)

    def instant(self, zone: ZoneInfo) -> dt.datetime:
        """The day and time by the clinic's clock, once they are valid."""
        day: dt.date | None = self.day.data
        time: dt.time | None = self.time.data
        if day is None or time is None:
            raise ValueError("The form was not validated.")
        return wall_time(day, time, zone)

    def offer_places(self, practitioners: Iterable[tuple[int, str]], rooms: Iterable[tuple[int, str]]) -> None:
        """Set the practitioners and rooms to choose from."""
        self.names = {"practitioner": dict(practitioners), "room": dict(rooms)}
        self.practitioner_id.choices = options([(ANY, _("None")), *practitioners])
        self.room_id.choices = options([(ANY, _("None")), *rooms])

    def validate_practitioner_id(self, field: SelectField) -> None:
        if not field.data and not self.room_id.data:
            raise ValidationError(_("Choose a practitioner or a room."))


class StepForm(CompleteForm):
    """A step that needs no more than a button. `version` is the one that was shown."""

    version = WholeField(widget=HiddenInput(), validators=[InputRequired()])


class MoveForm(StepForm, PlaceForm, ReasonsForm):
    """Another time, length, practitioner or room."""

    sometimes = REASONS


class CancelForm(StepForm):
    cancelled_by = RadioField(
        _l("Who cancels"),
        coerce=CancelledBy,
        choices=options((by.value, CANCELLED_BY_WORDS[by]) for by in CancelledBy),
        default=CancelledBy.PATIENT,
    )
    reason = StringField(_l("Reason"), validators=[Optional(), Length(max=300)])


class NoteForm(StepForm):
    note = TextAreaField(_l("Note"), validators=[Optional(), Length(max=500)])
