"""What the user may send about patients."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from clinic.web.forms import Form


class ReasonForm(Form):
    """Why something is done that others will ask about."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Say why, in a few words.")), Length(max=200)])
