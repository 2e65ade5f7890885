"""What whoever closes a day says."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic.web.forms import Form


class CloseForm(Form):
    """`confirm` is asked before closing time while people are here or expected."""

    confirm = BooleanField(_l("Close all the same"))
