"""What every form shares: CSRF, whitespace handling and a key that makes a double submit harmless."""

import re
import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from babel.support import NullTranslations, Translations
from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    PasswordField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.csrf.core import CSRFTokenField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import messages_path
from wtforms.meta import DefaultMeta
from wtforms.validators import Length, Optional, ValidationError

from clinic.errors import Invalid
from clinic.idempotency import Key
from clinic.web.drafts import restored
from clinic.web.kept import Kept, kept_of
from clinic.web.sent import note_shown_again, refused, sent_key

# The hidden fields of a form that name what was on its page.
SHOWN = "shown"


def tidy(value: Any) -> Any:
    """Text without outer and doubled spaces or control characters; empty becomes None."""
    if not isinstance(value, str):
        return value
    kept = "".join(c if c in "\n\t" or c.isprintable() or c in "\u200c\u200d" else " " for c in value)
    return "\n".join(" ".join(line.split()) for line in kept.strip().splitlines()) or None


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """(value, label) pairs as the choices of a select or of radio buttons."""
    return [SelectChoice(value, label) for value, label in pairs]


def incomplete() -> Invalid:
    """What is raised for a form or button that came without something it was shown with."""
    return Invalid(_("This form did not come whole. Nothing was changed: reload the page and send it again."))


def expired() -> str:
    """What is said of a form whose version or key is not one that this server gave."""
    return str(_("This form had expired. Reload the page and send it again."))


@lru_cache(maxsize=8)
def _catalogue(locale: str) -> NullTranslations:
    """The form library's own messages in a language. Its default reads the file for every request."""
    return Translations.load(messages_path(), [locale], domain="wtforms")


class Form(FlaskForm):  # type: ignore[misc]
    """Base of every form: texts are tidied; service errors can be shown beside their field."""

    def __init__(self, *args: Any, **values: Any) -> None:
        """Without input of its own it begins with what this user had typed before the session ran out."""
        if not args and values.get("formdata") is None and request.method == "GET":
            values["formdata"] = restored(type(self).__name__)
        super().__init__(*args, **values)

    class Meta:
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            kind = unbound_field.field_class
            # A password is what was typed, blanks and all.
            if issubclass(kind, (StringField, TextAreaField)) and not issubclass(kind, PasswordField):
                filters = list(unbound_field.kwargs.get("filters", []))
                if tidy not in filters:
                    unbound_field.kwargs["filters"] = [tidy, *filters]
            return unbound_field.bind(form=form, **options)

        def get_translations(self, form: Any) -> NullTranslations:
            return _catalogue(str(get_locale()))

    def add_error(self, error: Invalid) -> None:
        """Show what a service refused beside its field, or above the form."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]

    def problems(self) -> list[tuple[str, str, str]]:
        """(field id, label, message) of everything refused, rows of lists included; no id for the form as a whole."""
        return [("", "", str(message)) for message in self.form_errors] + [*_problems(self)]


def _problems(fields: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    for field in fields:
        # The errors of a list or row hold those of its parts as well, as mappings and lists.
        own = [] if isinstance(field.errors, dict) else [e for e in field.errors if not isinstance(e, dict | list)]
        for message in own:
            is_shown = not isinstance(field, HiddenField)
            yield field.id if is_shown else "", str(field.label.text) if is_shown else "", str(message)
        if isinstance(field, FieldList | FormField):
            yield from _problems(field)


class CompleteForm(Form):
    """A form that must come as it was shown: a field that is missing is refused, never taken for an empty one.

    Browsers send nothing for a box that is not ticked or a list in which nothing is chosen: beside each stands a hidden
    field SHOWN with its name, and `hidden_fields` says how many rows each list has. `sometimes`: fields (by their short
    names) that are on the page only at times.
    """

    sometimes: frozenset[str] = frozenset()

    class Meta:
        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Markup:
            control: Markup = DefaultMeta.render_field(self, field, render_kw)
            marked = isinstance(field, BooleanField) or (field.type == "_Option" and field.id.endswith("-0"))
            return (
                Markup('<input type="hidden" name="{}" value="{}">{}').format(SHOWN, field.name, control)
                if marked
                else control
            )

    def check_complete(self) -> None:
        """Invalid when a field of this form was not sent."""
        shown = set(request.form.getlist(SHOWN))
        if any(self._is_missing(field, shown) for field in _leaves(self)) or not shown.issuperset(self.row_counts()):
            raise incomplete()

    def _is_missing(self, field: Any, shown: set[str]) -> bool:
        if field.short_name in self.sometimes:
            return False
        return field.name not in request.form and field.name not in request.files and field.name not in shown

    def row_counts(self) -> list[str]:
        """How many rows each list has, as the page says it and as it must come back."""
        return [f"{field.name}:{len(field.entries)}" for field in self if isinstance(field, FieldList)]

    def validate(self, extra_validators: Any = None) -> bool:
        """Raises Invalid for a form that is not whole: shown again it would be empty where it is not."""
        self.check_complete()
        return bool(super().validate(extra_validators))


def _leaves(fields: Iterable[Any]) -> Iterator[Any]:
    """Every field that is sent by itself; rows of lists included."""
    for field in fields:
        if isinstance(field, FormField | FieldList):
            yield from _leaves(field)
        elif not isinstance(field, SubmitField | CSRFTokenField):
            yield field


class EditForm(CompleteForm):
    """A form that changes what is on file. `version` says which state of it the person saw."""

    version = HiddenField()

    def validate_version(self, field: HiddenField) -> None:
        if not re.fullmatch(r"[0-9a-f]{1,32}", field.data or ""):
            raise ValidationError(expired())

    @property
    def expected_version(self) -> int:
        """The version as a number. Invalid for one that is none."""
        if not str(self.version.data).isdecimal():
            raise Invalid(expired())
        return int(self.version.data)


def new_key() -> str:
    """A key that no form had before."""
    return secrets.token_urlsafe(24)


class KeyedForm(Form):
    """A form that no answer shows again: sent twice, it does its work once. Without a key it does it each time."""

    idempotency_key = HiddenField(default=new_key, validators=[Optional(), Length(16, 64)])

    @property
    def key(self) -> Key | None:
        """The key with what was sent and by whom; None when none was sent (the field then holds a new one)."""
        return sent_key(self.idempotency_key.data) if self.idempotency_key.raw_data else None


class CreateForm(Form):
    """A form that makes something: sent twice, it makes one.

    Sent again with other content it is refused (409) and shown with what was typed, `kept` (what it made before) and
    a new key, so that sending it once more makes one more.
    """

    idempotency_key = HiddenField(default=new_key)
    kept: Kept | None = None

    @property
    def key(self) -> Key:
        """The key with what was sent and by whom. ValueError unless the form is valid."""
        key = sent_key(self.idempotency_key.data)
        if key is None:
            raise ValueError("The form was not validated.")
        note_shown_again()
        return key

    def validate(self, extra_validators: Any = None) -> bool:
        """Not while what was sent with this key before is another thing (see clinic.web.sent)."""
        used = refused()
        if used is None:
            return bool(super().validate(extra_validators))
        self.idempotency_key.data, self.kept = new_key(), kept_of(used.row)
        self.form_errors.append(used.message)
        return False

    def validate_idempotency_key(self, field: HiddenField) -> None:
        # A field that was not sent holds a new key, which would make each copy another thing.
        if not field.raw_data or not field.data or not 16 <= len(field.data) <= 64:
            raise ValidationError(expired())
