"""What a manager may say about a display."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.directory.models import Department
from clinic.queue.displays.models import Privacy
from clinic.web.forms import CreateForm, options

PRIVACY_WORDS = {
    Privacy.NONE: _l("Ticket only"),
    Privacy.INITIALS: _l("Initials"),
    Privacy.FIRST_NAME: _l("First name"),
}


class DisplayForm(CreateForm):
    name = StringField(
        _l("Name"),
        description=_l("Where it hangs, such as “Waiting room, ground floor”."),
        validators=[DataRequired(_l("Give the screen a name.")), Length(max=80)],
    )
    department_ids = SelectMultipleField(
        _l("Departments"),
        coerce=int,
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one department."))],
    )
    privacy = RadioField(
        _l("Shown beside the ticket"),
        coerce=Privacy,
        choices=options((p.value, PRIVACY_WORDS[p]) for p in Privacy),
        default=Privacy.NONE,
    )
    chime = BooleanField(_l("Play a chime at every call"), default=True)

    def offer(self, departments: Sequence[Department]) -> "DisplayForm":
        """Set the departments to choose from."""
        self.department_ids.choices = options((d.id, d.name) for d in departments)
        return self
