"""Forms of passwords."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from clinic.auth.passwords.rules import check_password
from clinic.errors import Invalid
from clinic.web.forms import Form
from clinic.web.security import settings


class _NewPasswordForm(Form):
    """The new password, twice. Passwords are typed again after a refusal: no page ever holds one."""

    password = PasswordField(_l("New password"), validators=[InputRequired(_l("Type a new password."))])
    password_again = PasswordField(
        _l("The new password again"), validators=[InputRequired(_l("Type the new password again."))]
    )

    def validate_password_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("This is not the same as above."))

    def is_good_for(self, username: str) -> bool:
        """Whether the new password may be that of this user; if not, says why beside the field."""
        try:
            check_password(self.password.data, username=username, clinic_name=settings().clinic_name)
        except Invalid as error:
            self.add_error(error)
            return False
        return True


class CodeForm(_NewPasswordForm):
    username = StringField(_l("User name"), validators=[DataRequired(_l("Type your user name.")), Length(max=80)])
    password_code = StringField(
        _l("One-time code"), validators=[DataRequired(_l("Type the code you were given.")), Length(max=80)]
    )


class ChangeForm(_NewPasswordForm):
    present_password = PasswordField(
        _l("Your present password"),
        validators=[InputRequired(_l("Type the password you sign in with now.")), Length(max=200)],
    )
