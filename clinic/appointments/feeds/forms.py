"""What staff may send to give a calendar an address."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from clinic.numbers import whole
from clinic.web.forms import CreateForm, options


class FeedForm(CreateForm):
    practitioner_id = SelectField(_l("Practitioner"), coerce=whole, choices=[], validate_choice=False)
    shows_names = BooleanField(_l("With the patients' names"))

    def offer(self, practitioners: Iterable[tuple[int, str]]) -> "FeedForm":
        """Set the practitioners to choose from."""
        self.practitioner_id.choices = options(practitioners)
        return self
