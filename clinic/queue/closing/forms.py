"""What the page that ends a day may send."""

from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from clinic.web.forms import Form


class MissedForm(Form):
    """`version` is that of the appointment as it was shown."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
