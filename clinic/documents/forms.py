"""What people may say of a document."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from clinic.documents.models import Category
from clinic.web.fields import DayField
from clinic.web.filters import today
from clinic.web.forms import CreateForm, EditForm, Form, options

FILE_NAME_MAX = 200
TITLE_MAX = 200
CATEGORY_LABELS: dict[Category, Any] = {
    Category.LETTER: _l("Letter"),
    Category.RESULT: _l("Test result"),
    Category.IMAGING: _l("Imaging"),
    Category.REFERRAL: _l("Referral"),
    Category.PRESCRIPTION: _l("Prescription"),
    Category.CONSENT: _l("Consent"),
    Category.IDENTITY: _l("Identity"),
    Category.INSURANCE: _l("Insurance"),
    Category.OTHER: _l("Other"),
}
CATEGORY_CHOICES = options((category.value, label) for category, label in CATEGORY_LABELS.items())
_INVISIBLE = {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF}


def category_label(category: Category) -> str:
    """The category in the reader's language."""
    return str(CATEGORY_LABELS[category])


def clean_file_name(name: str | None) -> str:
    """A name without folders, control and direction marks; never empty, at most 200 characters with its ending."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable() and ord(c) not in _INVISIBLE).strip(" .")
    if len(kept) > FILE_NAME_MAX:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        kept = kept[: FILE_NAME_MAX - len(ending)] + ending
    return kept or str(_("document"))


def title_from(file_name: str) -> str:
    """What a file is called until somebody gives it a better title."""
    stem = file_name.rpartition(".")[0] or file_name
    return " ".join(stem.replace("_", " ").split())[:TITLE_MAX] or file_name[:TITLE_MAX]


class Described:
    """Fields that describe a document."""

    category = SelectField(_l("Category"), choices=CATEGORY_CHOICES, default=Category.OTHER.value)
    documented_on = DayField(_l("Date of the document"), default=today, validators=[Optional()])

    def validate_documented_on(self, field: DayField) -> None:
        if field.data and not dt.date(1900, 1, 1) <= field.data <= today():
            raise ValidationError(_("Give a date from 1900 to today."))


class UploadForm(Described, CreateForm):
    """Several files at once, without script; they share category and date."""

    title = StringField(
        _l("Title"),
        description=_l("Left empty, each file's name is used."),
        validators=[Optional(), Length(max=TITLE_MAX)],
    )
    files = MultipleFileField(_l("Files"))

    def validate_files(self, field: MultipleFileField) -> None:
        if not [file for file in field.data or [] if getattr(file, "filename", None)]:
            raise ValidationError(_("Choose at least one file."))


class DescriptionForm(Described, Form):
    """A tus client's description; fields it does not send get their defaults."""

    title = StringField(validators=[Optional(), Length(max=TITLE_MAX)])


class DocumentForm(Described, EditForm):
    """A document described anew."""

    title = StringField(_l("Title"), validators=[DataRequired(_l("Give a title.")), Length(max=TITLE_MAX)])
    documented_on = DayField(_l("Date of the document"), validators=[InputRequired(_l("Give a date."))])


class VoidForm(Form):
    """Why a document is struck through."""

    reason = TextAreaField(
        _l("Reason"),
        description=_l("For example: belongs to another patient, scanned upside down."),
        validators=[DataRequired(_l("Say why, so that colleagues understand it later.")), Length(min=3, max=500)],
    )
