"""What the user may say about a file to import."""

from collections import Counter
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import FieldList, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from clinic.imports import labels
from clinic.imports.tables.columns import EXTRA, FIELDS, IGNORE, MAX_COLUMNS, NAMES
from clinic.web.forms import CreateForm, Form

MEANINGS = [
    *(SelectChoice(f.code, f.label) for f in FIELDS),
    SelectChoice(EXTRA, _l("Keep beside the record")),
    SelectChoice(IGNORE, _l("Leave out")),
]
_MEANING_LABELS = {f.code: f.label for f in FIELDS}


class UploadForm(CreateForm):
    """A file and where it comes from."""

    file = FileField(_l("File"), description=_l("FHIR Patient or Practitioner resources (NDJSON), or a CSV table."))
    source = StringField(
        _l("Where it comes from"),
        description=_l("The system the file was made by. Files of the same source update the same records."),
        validators=[DataRequired(_l("Name the system, such as Old software.")), Length(max=120)],
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose a file."))


class TableForm(Form):
    """How a table is written and what its columns mean; `read_as` is how it was written when they were chosen."""

    read_as = HiddenField()
    delimiter = SelectField(_l("Columns are split by"), choices=[SelectChoice(*d) for d in labels.DELIMITERS.items()])
    encoding = SelectField(_l("Characters"), choices=[SelectChoice(*e) for e in labels.ENCODINGS.items()])
    date_order = RadioField(
        _l("3/4/1982 is"), choices=[SelectChoice("day", _l("3 April")), SelectChoice("month", _l("4 March"))]
    )
    columns = FieldList(SelectField(choices=MEANINGS), label=_l("Columns"), max_entries=MAX_COLUMNS)

    def validate_columns(self, field: FieldList) -> None:
        meanings = Counter(entry.data for entry in field if entry.data not in (EXTRA, IGNORE))
        if not NAMES & meanings.keys():
            raise ValidationError(_("Say which column holds the name."))
        twice = [str(_MEANING_LABELS[code]) for code, count in meanings.items() if count > 1 and code]
        if twice:
            raise ValidationError(_("Only one column can be: %(names)s.", names=", ".join(twice)))

    def check_columns(self) -> None:
        """Say now what a start would refuse."""
        try:
            self.validate_columns(self.columns)
        except ValidationError as error:
            self.columns.errors = [str(error)]

    @property
    def is_reread(self) -> bool:
        """Whether the file is now split or decoded differently, so that its columns are other ones."""
        return bool(self.read_as.data != self._written())

    def _written(self) -> str:
        return f"{self.encoding.data} {self.delimiter.data}"

    @classmethod
    def shown(cls, options: dict[str, Any]) -> "TableForm":
        """The form with an import's options."""
        return cls(
            formdata=None,
            data={
                "read_as": f"{options['encoding']} {options['delimiter']}",
                "delimiter": options["delimiter"],
                "encoding": options["encoding"],
                "date_order": "day" if options["day_first"] else "month",
                "columns": options["columns"],
            },
        )

    def options(self) -> dict[str, Any]:
        """What was chosen, as options of an import."""
        return {
            "encoding": self.encoding.data,
            "delimiter": self.delimiter.data,
            "day_first": self.date_order.data != "month",
            "columns": [entry.data for entry in self.columns],
        }
