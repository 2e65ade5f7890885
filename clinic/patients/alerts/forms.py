"""What the user may send about alerts."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length

from clinic.patients.alerts.service import TEXT_MAX
from clinic.patients.labels import ALERT_LEVELS
from clinic.web.forms import CreateForm, options


class AlertForm(CreateForm):
    """A new alert."""

    text = StringField(
        _l("What everyone must see"),
        [DataRequired(_l("Write what everyone who opens the chart must see.")), Length(max=TEXT_MAX)],
        description=_l("Short: “Allergic to penicillin”, “Needs a wheelchair”."),
    )
    level = RadioField(_l("How serious"), choices=options(ALERT_LEVELS.items()), default="warning")
