"""What somebody may ask for: which rows, which columns, which kind of file."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.audit.forms import AuditFilterForm
from clinic.audit.queries import list_actions
from clinic.auth.queries import list_users
from clinic.directory.queries import list_departments
from clinic.documents.forms import CATEGORY_LABELS
from clinic.exports.datasets.dataset import Dataset
from clinic.exports.models import Delimiter, ExportFormat, ExportKind
from clinic.numbers import whole
from clinic.patients.listing.forms import FilterForm as PatientFilterForm
from clinic.patients.listing.queries import list_practitioner_choices
from clinic.queue.forms import STATE_WORDS
from clinic.web.fields import DayField
from clinic.web.filters import date
from clinic.web.forms import CreateForm, Form, options


class ExportForm(CreateForm):
    """Columns and file; the rows are chosen by the kind's own filter form beside it."""

    columns = SelectMultipleField(
        _l("Columns"),
        validators=[DataRequired(_l("Choose at least one column."))],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    format = RadioField(
        _l("File"),
        choices=options([(ExportFormat.CSV.value, _l("CSV")), (ExportFormat.XLSX.value, _l("Excel"))]),
        default=ExportFormat.CSV.value,
    )
    delimiter = SelectField(
        _l("Separator"),
        choices=options(
            [
                (Delimiter.COMMA.value, _l("Comma")),
                (Delimiter.SEMICOLON.value, _l("Semicolon")),
                (Delimiter.TAB.value, _l("Tab")),
            ]
        ),
        default=Delimiter.COMMA.value,
        description=_l("Excel in French or German expects a semicolon."),
    )
    has_bom = BooleanField(
        _l("Mark the file as UTF-8"),
        description=_l("Excel then reads accents and other scripts in a CSV file rightly."),
    )

    def offer(self, dataset: Dataset) -> None:
        """Let the columns of `dataset` be chosen."""
        self.columns.choices = options((column.key, column.label) for column in dataset.columns)


class DaysForm(Form):
    """From one day of the clinic to another, both included."""

    class Meta(Form.Meta):
        csrf = False

    since = DayField(_l("From"), validators=[Optional()])
    until = DayField(_l("To"), validators=[Optional()])

    def validate_until(self, field: DayField) -> None:
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError(_("The last day must not be before the first."))


class QueueFilterForm(DaysForm):
    """Which queue entries."""

    department = SelectField(_l("Department"), coerce=lambda v: whole(v) if v else None, validators=[Optional()])
    state = SelectField(_l("State"), choices=options([("", _l("Any")), *STATE_WORDS.items()]), default="")


class DocumentFilterForm(DaysForm):
    """Which documents, by the day of their upload."""

    category = SelectField(_l("Category"), choices=options([("", _l("Any")), *CATEGORY_LABELS.items()]), default="")
    with_voided = BooleanField(_l("Voided ones too"))


def filter_form(kind: ExportKind, values: Mapping[str, Any], session: Session) -> Form:
    """The fields that choose rows of this kind, filled from `values` (a MultiDict)."""
    if kind is ExportKind.AUDIT:
        form: Form = AuditFilterForm(values)
        users = [(user.id, user.display_name) for user in list_users(session)]
        form.actor.choices = options([("", _("Anyone")), *users])
        form.action.choices = options([("", _("Anything")), *((a, a) for a in list_actions(session))])
    elif kind is ExportKind.QUEUE_ENTRIES:
        form = QueueFilterForm(values)
        form.department.choices = options([("", _("Any")), *((d.id, d.name) for d in list_departments(session))])
    elif kind is ExportKind.VISITS:
        form = DaysForm(values)
    elif kind is ExportKind.DOCUMENTS:
        form = DocumentFilterForm(values)
    else:
        form = PatientFilterForm(values)
        form.offer_practitioners(list_practitioner_choices(session))
    return form


def chosen(form: Form) -> dict[str, Any]:
    """The filters that are set, as JSON."""
    values = {field.name: field.data for field in form if field.data not in (None, "", False)}
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}


def in_words(form: Form) -> list[str]:
    """The filters that are set, such as "Sex: female"."""
    set_fields = chosen(form)
    return [
        str(_("%(field)s: %(value)s", field=field.label.text, value=_shown(field)))
        for field in form
        # A list of patients shows the active ones unless something else is chosen: say so.
        if field.name in set_fields or field.name == "status"
    ]


def _shown(field: Any) -> str:
    if isinstance(field, SelectField):
        return next((str(c.label) for c in field.choices if c.value == field.data), str(field.data))
    if isinstance(field, BooleanField):
        return str(_("yes"))
    return date(field.data) if isinstance(field.data, dt.date) else str(field.data)
