"""What a manager may look for in the log."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import HiddenInput

from clinic.numbers import LARGEST_KEY, whole
from clinic.web.fields import DayField, WholeField
from clinic.web.forms import Form


class AuditFilterForm(Form):
    """Read from the query string; dates are the clinic's."""

    class Meta:
        csrf = False

    actor = SelectField(_l("Who"), coerce=lambda value: whole(value) if value else None, validators=[Optional()])
    action = SelectField(_l("What"), validators=[Optional()])
    since = DayField(_l("From"), validators=[Optional()])
    until = DayField(_l("To"), validators=[Optional()])


class AuditScreenForm(AuditFilterForm):
    """The same on the log's own screen, which a chart leads to with its number."""

    patient = WholeField(
        widget=HiddenInput(), validators=[Optional(), NumberRange(1, LARGEST_KEY, _l("There is no such patient."))]
    )
