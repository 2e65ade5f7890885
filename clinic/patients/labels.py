"""Words for what patients' records hold as codes."""

from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.identifiers import label as identifier_label
from clinic.names import display_name
from clinic.patients.blueprint import blueprint

SEXES = {"female": _l("Female"), "male": _l("Male"), "other": _l("Other"), "unknown": _l("Unknown")}
NAME_USES = {
    "maiden": _l("Name at birth"),
    "old": _l("Earlier name"),
    "nickname": _l("Called"),
    "script": _l("In another script"),
    "anonymous": _l("Alias"),
    "usual": _l("Usual name"),
}
TELECOM_USES = {"mobile": _l("Mobile"), "home": _l("Home"), "work": _l("Work")}
# What imports keep in Patient.extra and people want to read.
FURTHER = {
    "whole_prefix": _l("Title in full"),
    "whole_suffix": _l("Suffix in full"),
    "whole_language": _l("Language in full"),
    "marital_status": _l("Marital status"),
    "deceased": _l("Deceased"),
    "multiple_birth": _l("Multiple birth"),
    "birth_place": _l("Birth place"),
    "mothers_maiden_name": _l("Mother's maiden name"),
    "race": _l("Race"),
    "ethnicity": _l("Ethnicity"),
    "birth_sex": _l("Sex at birth"),
    "gender_identity": _l("Gender identity"),
    "nationality": _l("Nationality"),
    "religion": _l("Religion"),
    "managing_organization": _l("Managed by"),
}
ALERT_LEVELS = {"danger": _l("Danger"), "warning": _l("Warning"), "info": _l("Note")}
CONSENTS = {True: _l("Given"), False: _l("Refused"), None: _l("Not asked")}
LANGUAGES = [
    *("en", "fr", "es", "pt", "de", "it", "nl", "pl", "ro", "ru", "uk", "tr", "ar", "fa", "ps", "so", "ti", "am"),
    *("sw", "ln", "wo", "bm", "ha", "yo", "zh", "ja", "ko", "vi", "th", "hi", "ur", "bn", "pa", "ta", "ne"),
]


@blueprint.app_template_filter()
def sex(code: str) -> str:
    return str(SEXES[code])


@blueprint.app_template_filter()
def consent(value: bool | None) -> str:
    return str(CONSENTS[value])


@blueprint.app_template_filter()
def identifier_kind(code: str) -> str:
    return identifier_label(code)


@blueprint.app_template_filter()
def other_name(name: dict[str, Any]) -> str:
    """A further name with what it is: "Ana Diaz (name at birth)"."""
    shown = display_name(name.get("family"), name.get("given")) or str(name.get("text", ""))
    use = NAME_USES.get(name.get("use") or "")
    return f"{shown} ({str(use).lower()})" if use else shown


@blueprint.app_template_filter()
def address(value: dict[str, Any]) -> str:
    """An address on one line."""
    town = " ".join(part for part in (value.get("postal_code"), value.get("city")) if part)
    parts = (*(value.get("lines") or ()), town, value.get("district"), value.get("state"), value.get("country"))
    return ", ".join(part for part in parts if part)


@blueprint.app_template_filter()
def telecom_label(telecom: dict[str, Any]) -> str:
    """What a phone number or e-mail address is for."""
    if telecom["system"] == "email":
        return str(_("E-mail"))
    return str(TELECOM_USES.get(telecom.get("use") or "", _("Phone")))


@blueprint.app_template_filter()
def language_name(code: str | None) -> str:
    """A language in the reader's language; what is no code is shown as it is."""
    return _language_in(code, str(get_locale())) if code else ""


@blueprint.app_template_filter()
def further_details(extra: dict[str, Any]) -> list[tuple[str, str]]:
    """What an import kept beside the record as (label, text): known details, then columns of a table as titled."""
    known = [(str(FURTHER[key]), extra[key]) for key in FURTHER if key in extra]
    own = [(key, value) for key, value in extra.items() if key not in FURTHER and isinstance(value, str)]
    return [(label, text) for label, value in (*known, *own) if (text := _in_words(value))]


def _in_words(value: Any) -> str:
    """A FHIR value in words; nothing for one that has none."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_in_words, value)))
    if isinstance(value, dict):
        named = value.get("text") or value.get("display") or _in_words(value.get("coding")) or value.get("code")
        return _in_words(named) if named else ", ".join(v for v in value.values() if isinstance(v, str))
    return "" if value is None else str(value)


def languages() -> list[tuple[str, str]]:
    """(code, name) of the languages offered, by name."""
    return sorted(((code, language_name(code)) for code in LANGUAGES), key=lambda pair: pair[1])


@lru_cache(maxsize=1000)
def _language_in(code: str, locale: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code
