"""What a manager may write about a practitioner."""

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, FieldList, FormField, SelectField, StringField, TelField
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Regexp, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from clinic.directory.models import Practitioner
from clinic.directory.practitioners.service import (
    CREDENTIAL_SYSTEMS,
    CredentialDetails,
    PractitionerDetails,
    details_of,
)
from clinic.phones import shown, to_e164
from clinic.web.forms import CreateForm, EditForm, Form, tidy

BLANK_CREDENTIALS = 2
SEXES = [
    SelectChoice("female", _l("Female")),
    SelectChoice("male", _l("Male")),
    SelectChoice("other", _l("Other")),
    SelectChoice("unknown", _l("Unknown")),
]


class CredentialForm(PlainForm):  # type: ignore[misc]
    """One professional number; a row left empty is none."""

    kind = StringField(_l("Kind"), filters=[tidy], validators=[Length(max=40)])
    value = StringField(_l("Number"), filters=[tidy], validators=[Length(max=100)])

    def validate_value(self, field: StringField) -> None:
        if self.kind.data and not field.data:
            raise ValidationError(_("Give the number, or empty the row."))

    def validate_kind(self, field: StringField) -> None:
        if self.value.data and not field.data:
            raise ValidationError(_("Say what number this is, such as NPI or RPPS."))


class PractitionerForm(Form):
    """Names, contact and credentials."""

    prefix = StringField(_l("Title"), validators=[Length(max=40)])
    given_name = StringField(_l("Given names"), validators=[Length(max=120)])
    family_name = StringField(_l("Family name"), validators=[Length(max=120)])
    sex = SelectField(_l("Sex"), choices=SEXES, default="unknown")
    specialty = StringField(_l("Specialty"), validators=[Length(max=120)])
    phone = TelField(_l("Phone"), filters=[tidy], validators=[Length(max=40)])
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[MayBeEmpty(), Length(max=200), Regexp(r"[^@\s]+@[^@\s]+\Z", message=_l("Not an e-mail address."))],
    )
    line = StringField(_l("Street"), validators=[Length(max=200)])
    postal_code = StringField(_l("Postal code"), validators=[Length(max=20)])
    city = StringField(_l("City"), validators=[Length(max=120)])
    country = StringField(_l("Country"), validators=[Length(max=60)])
    credentials = FieldList(FormField(CredentialForm), label=_l("Professional numbers"), max_entries=12)
    is_active = BooleanField(_l("Works here"), description=_l("Untick to take them out of every choice."), default=True)
    confirm = BooleanField(_l("Save nevertheless"))

    @classmethod
    def shown(cls, practitioner: Practitioner | None, region: str) -> Any:
        """The form with what is stored, and empty rows for further numbers."""
        values = _values(practitioner, region) if practitioner else {}
        numbers = values.get("credentials", []) + [{}] * BLANK_CREDENTIALS
        return cls(formdata=None, data=values | {"credentials": numbers})

    def details(self, old: PractitionerDetails, region: str) -> PractitionerDetails:
        """What was typed over `old`: what the form does not show stays."""
        address = {
            "lines": [self.line.data] if self.line.data else [],
            "city": self.city.data,
            "postal_code": self.postal_code.data,
            "country": self.country.data,
        }
        typed = self.phone.data
        telecoms = _with_first(old.telecoms, "phone", typed and (to_e164(typed, region) or typed), typed, region)
        return replace(
            old,
            **{n: self[n].data for n in ("prefix", "given_name", "family_name", "sex", "specialty", "is_active")},
            telecoms=_with_first(telecoms, "email", self.email.data, self.email.data, region),
            addresses=_with_first_address(old.addresses, address),
            credentials=tuple(
                _credential(row.form.kind.data, row.form.value.data, old)
                for row in self.credentials
                if row.form.value.data
            ),
        )


class NewPractitionerForm(PractitionerForm, CreateForm):
    """A new practitioner."""


class EditPractitionerForm(PractitionerForm, EditForm):
    """A practitioner to be changed. `confirm` is asked when it would strand appointments."""

    sometimes = frozenset({"confirm"})


def _values(practitioner: Practitioner, region: str) -> dict[str, Any]:
    old = details_of(practitioner)
    address = next(iter(old.addresses), {})
    return {
        **{n: getattr(old, n) for n in ("prefix", "given_name", "family_name", "sex", "specialty", "is_active")},
        "version": str(practitioner.version),
        "phone": shown(practitioner.phone, region) if practitioner.phone else None,
        "email": practitioner.email,
        "line": ", ".join(address.get("lines", [])),
        **{n: address.get(n) for n in ("city", "postal_code", "country")},
        "credentials": [{"kind": c.kind, "value": c.value} for c in old.credentials],
    }


def _with_first(
    telecoms: tuple[dict[str, Any], ...], system: str, value: str | None, typed: str | None, region: str
) -> tuple[dict[str, Any], ...]:
    """The list with the first entry of `system` replaced, added or removed; one said again stays as it was."""
    first = next((t for t in telecoms if t["system"] == system), None)
    if first and value in (first["value"], to_e164(first["value"], region)):
        return telecoms
    others = tuple(t for t in telecoms if t is not first)
    return ({"system": system, "value": value, "typed": typed, "use": "work"}, *others) if value else others


def _with_first_address(addresses: tuple[dict[str, Any], ...], typed: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    first, others = next(iter(addresses), {}), addresses[1:]
    if ", ".join(first.get("lines", [])) == "".join(typed["lines"]):
        typed = typed | {"lines": first.get("lines", [])}
    if not any(typed.values()):
        return others
    merged = first | typed
    return addresses if merged == first else (merged, *others)


def _credential(kind: str, value: str, old: PractitionerDetails) -> CredentialDetails:
    for known in old.credentials:
        if (known.kind, known.value) == (kind, value):
            return known
    code = kind.upper() if kind.upper() in CREDENTIAL_SYSTEMS else kind
    return CredentialDetails(kind=code, system=CREDENTIAL_SYSTEMS.get(code, code), value=value)
