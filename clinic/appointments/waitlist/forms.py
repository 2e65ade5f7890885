"""What staff may send to the waitlist."""

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from clinic.appointments.booking.forms import PARTS
from clinic.appointments.forms import ANY
from clinic.directory.models import Service
from clinic.numbers import whole
from clinic.web.fields import DateTextField, WholeField
from clinic.web.forms import CreateForm, Form, options


class JoinForm(CreateForm):
    """What a patient waits for."""

    patient_id = WholeField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1)])
    service_id = RadioField(
        _l("Service"),
        coerce=whole,
        choices=[],
        validate_choice=False,
        validators=[InputRequired(_l("Choose a service."))],
    )
    practitioner_id = SelectField(_l("Practitioner"), coerce=whole, choices=[], default=ANY, validate_choice=False)
    from_day = DateTextField(_l("From"), validators=[InputRequired()])
    until_day = DateTextField(_l("Until"), validators=[InputRequired()])
    part = RadioField(_l("Time of day"), choices=options(PARTS), default="any")
    note = StringField(_l("Note"), validators=[Optional(), Length(max=500)])

    def offer(self, services: Sequence[Service], practitioners: Iterable[tuple[int, str]]) -> "JoinForm":
        """Set the services and practitioners to choose from."""
        self.service_id.choices = options((s.id, s.name) for s in services)
        self.practitioner_id.choices = options([(ANY, _("Anyone")), *practitioners])
        return self


class HoldForm(Form):
    """A free time, as booking/page.py writes it."""

    slot = HiddenField(validators=[InputRequired()])


class BookForm(Form):
    same_day_reason = StringField(_l("Why one more that day"), validators=[Optional(), Length(max=300)])
