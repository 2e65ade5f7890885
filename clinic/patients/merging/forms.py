"""What the user may send to merge two records."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Optional
from wtforms.widgets import HiddenInput

from clinic.patients.merging.combining import FIELDS, Choice
from clinic.web.fields import WholeField
from clinic.web.forms import CreateForm, Form, options


class OtherRecordForm(Form):
    """The record to merge with, by its number."""

    mrn = StringField(_l("MRN of the other record"), [DataRequired(_l("Type or scan the number of the other record."))])


class MergeForm(CreateForm):
    """Whose value is kept of each field that differs. One radio field for each of combining.FIELDS is added below."""

    survivor_version = WholeField(widget=HiddenInput(), validators=[InputRequired()])
    other_version = WholeField(widget=HiddenInput(), validators=[InputRequired()])
    keeps_name = BooleanField(_l("Keep the name that is not chosen as an earlier name, so that it is found"))

    @property
    def choices(self) -> dict[str, Choice]:
        """What was answered."""
        return {field.name: Choice(self[field.name].data) for field in FIELDS if self[field.name].data}

    @property
    def versions(self) -> tuple[int, int]:
        """The versions that were shown: the survivor's and the other's."""
        return self.survivor_version.data, self.other_version.data


_WORDS = {Choice.SURVIVOR: _l("This record"), Choice.OTHER: _l("The other"), Choice.BOTH: _l("Both")}
for _field in FIELDS:
    _offered = [c for c in Choice if _field.joins or c is not Choice.BOTH]
    _answers = options((choice.value, _WORDS[choice]) for choice in _offered)
    setattr(MergeForm, _field.name, RadioField(choices=_answers, validators=[Optional()]))
