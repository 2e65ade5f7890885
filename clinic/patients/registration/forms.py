"""The one form that registers and edits a patient; rows.py turns it into PatientDetails and back."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import Length, Optional, Regexp

from clinic import identifiers
from clinic.directory.models import Practitioner
from clinic.errors import Invalid
from clinic.near_days import Heading
from clinic.numbers import whole
from clinic.patients.details import NAME_MAX, PatientDetails
from clinic.patients.labels import NAME_USES, SEXES, languages
from clinic.phones import shown, to_e164
from clinic.web.fields import BirthDateField, DateTextField, DeathDateField
from clinic.web.forms import CreateForm, EditForm, Form, options, tidy
from clinic.web.security import settings

MAX_ROWS = 20
_ROWS = re.compile(r"(add|remove)-(other_names|identifiers|contacts|coverages)(?:-(\d{1,3}))?\Z")


def _number(value: Any) -> int | None:
    return whole(value) if value else None


# Numbers that stand as a barcode on a card: a scanner may type here.
SCANNED = {"data-scan": ""}


class Row(PlainForm):  # type: ignore[misc]
    """One of several alike; a row left blank does not count."""

    Meta = Form.Meta
    # What alone does not make a row: selects always hold something.
    ALWAYS_SET: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not any(field.data for field in self if field.short_name not in self.ALWAYS_SET)


class OtherNameRow(Row):
    ALWAYS_SET = ("use",)

    use = SelectField(_l("What it is"), [Length(max=40)], validate_choice=False)
    family = StringField(_l("Family name(s)"), [Length(max=NAME_MAX)])
    given = StringField(_l("Given name(s)"), [Length(max=NAME_MAX)])


class IdentifierRow(Row):
    ALWAYS_SET = ("kind",)

    kind = SelectField(_l("Kind"), [Length(max=40)], validate_choice=False)
    value = StringField(_l("Number"), [Length(max=identifiers.VALUE_MAX)], render_kw=SCANNED)
    issuer = StringField(_l("Issued by"), [Length(max=200)])
    valid_until = DateTextField(_l("Valid until"))


class ContactRow(Row):
    name = StringField(_l("Name"), [Length(max=NAME_MAX)])
    relationship = StringField(_l("Relation"), [Length(max=80)])
    phone = StringField(_l("Phone"), [Length(max=60)])


class CoverageRow(Row):
    payer = StringField(_l("Payer"), [Length(max=160)])
    plan = StringField(_l("Plan"), [Length(max=160)])
    member_number = StringField(_l("Member number"), [Length(max=80)], render_kw=SCANNED)
    valid_from = DateTextField(_l("Valid from"), heading=Heading.EITHER)
    valid_until = DateTextField(_l("Valid until"))


class PatientForm(Form):
    """`stored` is what is on file: it may stay as it is even where it would be refused as new."""

    family_name = StringField(_l("Family name(s)"), [Length(max=NAME_MAX)])
    given_name = StringField(_l("Given name(s)"), [Length(max=NAME_MAX)])
    birth_date = BirthDateField(_l("Birth date"))
    sex = RadioField(_l("Sex"), [Optional()], choices=options(SEXES.items()))
    phone = StringField(_l("Phone"), [Length(max=60)])

    prefix = StringField(_l("Title"), [Length(max=40)])
    suffix = StringField(_l("Suffix"), [Length(max=40)])
    other_names = FieldList(FormField(OtherNameRow), _l("Other names"), min_entries=1)
    identifiers = FieldList(FormField(IdentifierRow), _l("Identifiers"), min_entries=1)
    other_phone = StringField(_l("Other phone"), [Length(max=60)])
    email = StringField(
        _l("E-mail"),
        [
            Optional(),
            Length(max=254),
            Regexp(
                r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z", message=_l("This is no e-mail address: name@example.org is one.")
            ),
        ],
    )
    address_lines = TextAreaField(_l("Street and number"), [Length(max=400)])
    postal_code = StringField(_l("Postal code"), [Length(max=20)])
    city = StringField(_l("City"), [Length(max=120)])
    state = StringField(_l("State or region"), [Length(max=120)])
    country = StringField(_l("Country"), [Length(max=60)])
    contacts = FieldList(FormField(ContactRow), _l("Contacts"), min_entries=1)
    coverages = FieldList(FormField(CoverageRow), _l("Coverage"), min_entries=1)
    language = SelectField(_l("Language"), [Length(max=40)], validate_choice=False, filters=[tidy])
    practitioner_id = SelectField(_l("Practitioner"), coerce=_number)
    consent_to_contact = RadioField(_l("May we write or call?"), [Optional()])
    consent_to_share = RadioField(_l("May the record be shared with other carers?"), [Optional()])
    hide_name = BooleanField(
        _l("Never show the name in the waiting room"),
        description=_l("Screens then show the ticket only, whatever they show of others."),
    )
    is_deceased = BooleanField(_l("This person has died"))
    deceased_on = DeathDateField(_l("Died on"), description=_l("As far as it is known; may stay empty."))
    notes = TextAreaField(_l("Notes"), [Length(max=4000)])

    def __init__(self, *args: Any, stored: PatientDetails | None = None, **kwargs: Any) -> None:
        self.stored = stored or PatientDetails()
        super().__init__(*args, **kwargs)
        answers = options([("yes", _("Yes")), ("no", _("No")), ("", _("Not asked"))])
        self.consent_to_contact.choices = self.consent_to_share.choices = answers
        self.language.choices = _with_own([("", _("Not recorded")), *languages()], self.language.data)
        self._fill_selects()

    def offer_practitioners(self, names: list[tuple[int, str]], own: Practitioner | None) -> None:
        """Who may be chosen: those who work here, and whoever is on file."""
        if own and own.id not in dict(names):
            names = [*names, (own.id, own.display_name)]
        self.practitioner_id.choices = options([("", _("Nobody in particular")), *names])

    def change_rows(self, command: str) -> str | None:
        """Do what a button "add-contacts" or "remove-contacts-2" asks for; the id of the field to go on with."""
        match = _ROWS.match(command)
        if match is None:
            return None
        rows: FieldList = self[match[2]]
        if match[1] == "add" and len(rows.entries) < MAX_ROWS:
            rows.append_entry()
        elif match[3] and int(match[3]) < len(rows.entries):
            rows.entries.pop(int(match[3]))
        if not rows.entries:
            rows.append_entry()
        self._fill_selects()
        return str(next(iter(rows.entries[-1].form)).id)

    def _fill_selects(self) -> None:
        for row in (entry.form for entry in self.identifiers):
            row.kind.choices = _with_own(identifiers.choices(settings().region), row.kind.data)
        for row in (entry.form for entry in self.other_names):
            row.use.choices = _with_own([(use, str(label)) for use, label in NAME_USES.items()], row.use.data)

    def filled(self, *names: str) -> str:
        """What a folded part of the form holds, in a word; empty for nothing."""
        count = sum(self._count(self[name]) for name in names)
        return str(ngettext("%(num)s entry", "%(num)s entries", count)) if count else ""

    def has_errors(self, names: list[str]) -> bool:
        """Whether one of these fields, or of their rows, was refused."""
        return any(
            any(id_ == name or id_.startswith(f"{name}-") for name in names) for id_, _label, _text in self.problems()
        )

    @staticmethod
    def _count(field: Any) -> int:
        if isinstance(field, FieldList):
            return sum(not entry.form.is_blank for entry in field)
        return 1 if field.data else 0

    def validate(self, extra_validators: Any = None) -> bool:
        """Also what concerns several fields, and what may stay because it is on file."""
        sound = bool(super().validate(extra_validators))
        checks = (self._check_name(), self._check_phones(), self._check_identifiers(), self._check_rows())
        return sound and all(checks)

    def _check_name(self) -> bool:
        if self.family_name.data or self.given_name.data:
            return True
        return _refuse(self.family_name, _("Fill in at least one name; a person with one name has it in either field."))

    def _check_phones(self) -> bool:
        numbers = [t["value"] for t in self.stored.telecoms] + [c.get("phone") or "" for c in self.stored.contacts]
        known = {shown(number, settings().region) for number in numbers}
        fields = [self.phone, self.other_phone, *(row.form.phone for row in self.contacts)]
        refused = [field for field in fields if not _check_phone(field, known)]
        return not refused

    def _check_identifiers(self) -> bool:
        known = {(i.kind, i.value) for i in self.stored.identifiers}
        sound = True
        for row in (entry.form for entry in self.identifiers if not entry.form.is_blank):
            if (row.kind.data, row.value.data) in known:
                continue
            try:
                row.value.data = identifiers.check(row.kind.data, row.value.data or "")
            except Invalid as error:
                sound = _refuse(row.value, error.message)
        return sound

    def _check_rows(self) -> bool:
        sound = True
        for row in (entry.form for entry in self.contacts):
            if not row.is_blank and not row.name.data:
                sound = _refuse(row.name, _("Say who this is."))
        for row in (entry.form for entry in self.coverages):
            if not row.is_blank and not row.payer.data:
                sound = _refuse(row.payer, _("Say who pays."))
            if row.valid_from.data and row.valid_until.data and row.valid_until.data < row.valid_from.data:
                sound = _refuse(row.valid_until, _("This lies before the start."))
        return sound


class NewPatientForm(PatientForm, CreateForm):
    """`confirmed` holds the ids of the possible duplicates that were shown and denied."""

    confirmed = HiddenField()


class EditPatientForm(PatientForm, EditForm):
    """What is on file, to be changed."""


def _check_phone(field: StringField, known: set[str]) -> bool:
    typed = field.data
    if not typed or typed in known or to_e164(typed, settings().region):
        return True
    return _refuse(field, _("This is no phone number: count the digits, and begin numbers of other countries with +."))


def _with_own(pairs: list[tuple[str, str]], own: str | None) -> Any:
    """The choices, with the value on file even where it is none of ours."""
    known = {value for value, _label in pairs}
    return options(pairs if not own or own in known else [*pairs, (own, identifiers.label(own))])


def _refuse(field: Any, message: str) -> bool:
    field.errors = [*field.errors, message]
    return False
