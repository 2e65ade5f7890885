"""What the Today screen is narrowed to, where calls go, and the words for its groups."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import Optional

from clinic.appointments.words import STATE_WORDS as APPOINTMENT_STATES
from clinic.audit.trusted_clock import Doubt
from clinic.desk.today.rows import Group
from clinic.queue import forms as queue_forms
from clinic.visits import forms as visit_forms
from clinic.web.fields import WholeField
from clinic.web.forms import Form, KeyedForm

TYPED_MAX = 100
# Why the server's clock is not believed.
DOUBT_WORDS = {
    Doubt.PAUSE: _l("Nothing was noted for more than four days before this time."),
    Doubt.FUTURE: _l("What was noted last lies in the future of this time."),
    Doubt.MOVED: _l("The clock was moved while the server was running."),
}
GROUP_WORDS = {
    Group.EXPECTED: _l("Expected"),
    Group.WAITING: _l("Waiting"),
    Group.SEEING: _l("With the practitioner"),
    Group.DONE: _l("Done"),
    Group.MISSED: _l("No-show and cancelled"),
}
NOBODY_WORDS = {
    Group.EXPECTED: _l("Nobody is expected any more."),
    Group.WAITING: _l("Nobody is waiting."),
    Group.SEEING: _l("Nobody is being seen."),
    Group.DONE: _l("Nobody is done yet."),
    Group.MISSED: "",
}


class FilterForm(Form):
    """A part of a name, MRN or ticket, and of whom; what was chosen last is remembered, what was typed is not."""

    q = StringField(_l("Find in this day"), filters=[lambda typed: (typed or "")[:TYPED_MAX]])
    department_id = WholeField(_l("Department"), validators=[Optional()])
    practitioner_id = WholeField(_l("Practitioner"), validators=[Optional()])
    show_all = BooleanField(_l("Show all"))


class CallForm(KeyedForm):
    """Call next to `place`: "department:room", without a room where the department has none."""

    place = StringField(_l("Call to"))


def words() -> dict[str, Any]:
    """What the templates of Today name things by."""
    return {
        **queue_forms.words(),
        **visit_forms.words(),
        "APPOINTMENT_STATES": APPOINTMENT_STATES,
        "GROUPS": GROUP_WORDS,
        "NOBODY": NOBODY_WORDS,
        "Group": Group,
    }
