"""What staff may send to book an appointment. The service checks what is free."""

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from clinic.appointments.forms import ANY, PlaceForm, ReasonsForm
from clinic.appointments.words import PART_WORDS
from clinic.directory.models import Service
from clinic.numbers import whole
from clinic.web.fields import DateTextField, WholeField
from clinic.web.forms import CreateForm, options

PARTS = (("any", _l("Any time")), *((part.value, word) for part, word in PART_WORDS.items()))


class BookingForm(CreateForm, ReasonsForm):
    """What every booking says."""

    patient_id = WholeField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1)])
    service_id = RadioField(
        _l("Service"),
        coerce=whole,
        choices=[],
        validate_choice=False,
        validators=[InputRequired(_l("Choose a service."))],
    )
    note = TextAreaField(_l("Note"), validators=[Optional(), Length(max=500)])

    def offer(self, services: Sequence[Service]) -> None:
        """Set the services to choose from."""
        self.service_id.choices = options((s.id, s.name) for s in services)


class FreeForm(BookingForm):
    """Book one of the next free times."""

    practitioner_id = SelectField(_l("Practitioner"), coerce=whole, choices=[], default=ANY, validate_choice=False)
    from_day = DateTextField(_l("From"), validators=[InputRequired()])
    part = RadioField(_l("Time of day"), choices=options(PARTS), default="any")
    slot = RadioField(_l("Free times"), choices=[], validate_choice=False, validators=[Optional()])

    def offer_practitioners(self, practitioners: Iterable[tuple[int, str]]) -> None:
        """Set the practitioners to choose from, besides anyone."""
        self.practitioner_id.choices = options([(ANY, _("Anyone")), *practitioners])


class TimeForm(BookingForm, PlaceForm):
    """Book a time that somebody chose."""
