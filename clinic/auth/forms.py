"""Forms of signing in."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from clinic.web.forms import Form


class SignInForm(Form):
    username = StringField(_l("User name"), validators=[DataRequired(_l("Type your user name.")), Length(max=80)])
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Type your password.")), Length(max=200)])
