"""What a row of a table says about a patient."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from clinic import identifiers
from clinic.dates import day_first as writes_day_first
from clinic.dates import parse_birth_date, parse_date
from clinic.errors import Invalid
from clinic.imports.tables.columns import EXTRA, IGNORE
from clinic.imports.titles import fitted, in_full
from clinic.names import fold
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails
from clinic.patients.models import BirthPrecision, Sex
from clinic.phones import to_e164

_SEXES = {
    Sex.FEMALE: "f female w woman femme feminin feminine fem mujer femenino weiblich frau femmina donna v vrouw 2 mme",
    Sex.MALE: "m male man homme h masculin masculine masc hombre varon masculino mannlich herr maschio uomo man 1",
    Sex.OTHER: "o other autre otro andere divers diverse x nonbinary d",
    Sex.UNKNOWN: "u unknown inconnu desconocido unbekannt n a na 0 9 -",
}
_DIED_WORDS = {
    True: "y yes true 1 x oui o vrai si s ja j wahr sim dead deceased died decede decedee mort verstorben",
    False: "n no false 0 non faux nein falsch nao nee alive living vivant vivante vivo viva lebt lebend",
    None: "- u unknown n/a na null none",
}
_DIED_OF = {fold(word) or word: died for died, words in _DIED_WORDS.items() for word in words.split()}
_SEX_OF = {word: sex for sex, words in _SEXES.items() for word in words.split()}
# Passport numbers come without a country; the clinic's own country decides what a national number is.
_NATIONAL_KINDS = {k.region: k.code for k in reversed(identifiers.KINDS) if k.region}
_ADDRESS = ("line", "line2", "postal_code", "city", "state", "country")


@dataclass(frozen=True)
class Reading:
    """How values are to be read: the last day of birth, the clinic's country, whether 3/4 is the third of April."""

    today: dt.date
    region: str
    day_first: bool

    @classmethod
    def of_region(cls, today: dt.date, region: str) -> "Reading":
        return cls(today, region, writes_day_first(region))


def read_patient(values: Mapping[str, str], titled: Mapping[str, str], reading: Reading) -> PatientDetails:
    """The patient that `values` (by field code) describe; `titled` are the cells of columns without a field.

    Raises Invalid for what cannot be understood.
    """
    family, given = _names(values)
    born = _birth(values.get("birth_date", ""), reading)
    limited = {name: values.get(name) or None for name in ("prefix", "suffix", "language")}
    return PatientDetails(
        family_name=family,
        given_name=given,
        **fitted(limited),
        other_names=({"use": "maiden", "family": values["birth_name"]},) if values.get("birth_name") else (),
        **born,
        **_death(values, reading),
        sex=_sex(values.get("sex", "")),
        telecoms=_telecoms(values, reading.region),
        addresses=_addresses(values),
        contacts=_contacts(values, reading.region),
        notes=values.get("notes") or None,
        identifiers=_identifiers(values, reading.region),
        coverages=_coverages(values),
        extra=dict(titled) | in_full(limited) or None,
    )


_DEATH = ("is_deceased", "deceased_on", "deceased_precision")
# Which fields of PatientDetails a column speaks of.
SPEAKS_OF: dict[str, tuple[str, ...]] = {
    "full_name": ("family_name", "given_name"),
    "birth_name": ("other_names",),
    "birth_date": ("birth_date", "birth_precision"),
    "deceased": _DEATH,
    "deceased_on": _DEATH,
    "phone": ("telecoms",),
    "mobile": ("telecoms",),
    "email": ("telecoms",),
    "identifier": ("identifiers",),
    "payer": ("coverages",),
    "member_number": ("coverages",),
    "contact_name": ("contacts",),
    "contact_phone": ("contacts",),
    "key": (),
    EXTRA: ("extra",),
    IGNORE: (),
    **dict.fromkeys(_ADDRESS, ("addresses",)),
}


def supplied(columns: list[str]) -> frozenset[str]:
    """The fields of PatientDetails that these columns speak of."""
    return frozenset(name for column in columns for name in SPEAKS_OF.get(column, (column,)))


def row_key(values: Mapping[str, str], details: PatientDetails) -> str:
    """What recognises the row the next time: its number, else a national identifier, else name and birth date."""
    if values.get("key"):
        return f"key {values['key']}"
    if values.get("identifier"):
        return f"identifier {fold(values['identifier'])}"
    name = fold(f"{details.family_name or ''} {details.given_name or ''}")
    return f"person {name} {details.birth_date or ''}"


def _names(values: Mapping[str, str]) -> tuple[str | None, str | None]:
    family, given = values.get("family_name") or None, values.get("given_name") or None
    whole = values.get("full_name", "")
    if family or given or not whole:
        return family, given
    if "," in whole:
        before, _comma, after = whole.partition(",")
        return before.strip() or None, after.strip() or None
    before, _space, last = whole.rpartition(" ")
    return last, before or None


def _birth(written: str, reading: Reading) -> dict[str, Any]:
    if not written:
        return {}
    found = parse_birth_date(written, today=reading.today, day_first=reading.day_first)
    if found is None:
        raise Invalid(_("Birth date “%(value)s” is not a date of the past.", value=written[:40]))
    return {"birth_date": found.date, "birth_precision": BirthPrecision(found.precision)}


def _death(values: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """That somebody died, with the day as far as it is known: a column may say yes, no or the day, another the day."""
    said, day = values.get("deceased", ""), values.get("deceased_on", "")
    word = fold(said) or said
    died = _DIED_OF.get(word)
    if word not in _DIED_OF:
        day = day or said
    if died is False and day:
        raise Invalid(_("Deceased “%(word)s” and date of death “%(day)s” contradict.", word=said[:40], day=day[:40]))
    if not day:
        return {"is_deceased": bool(died)}
    found = parse_date(day, today=reading.today, day_first=reading.day_first)
    if found is None:
        raise Invalid(_("Date of death “%(value)s” is not a date of the past.", value=day[:40]))
    return {"is_deceased": True, "deceased_on": found.date, "deceased_precision": BirthPrecision(found.precision)}


def _sex(written: str) -> Sex:
    if not written:
        return Sex.UNKNOWN
    sex = _SEX_OF.get(fold(written) or written)
    if sex is None:
        raise Invalid(_("Sex “%(value)s” is not understood.", value=written[:40]))
    return sex


def _telecoms(values: Mapping[str, str], region: str) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    for code, use in (("phone", None), ("mobile", "mobile")):
        if typed := values.get(code):
            found.append({"system": "phone", "value": to_e164(typed, region) or typed, "typed": typed, "use": use})
    if email := values.get("email"):
        if "@" not in email:
            raise Invalid(_("E-mail “%(value)s” has no @.", value=email[:60]))
        found.append({"system": "email", "value": email, "typed": email, "use": None})
    return tuple(found)


def _addresses(values: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    if not any(values.get(name) for name in _ADDRESS):
        return ()
    parts: dict[str, Any] = {name: values.get(name) or None for name in ("postal_code", "city", "state", "country")}
    return ({"lines": [v for n in ("line", "line2") if (v := values.get(n))], "use": "home", **parts},)


def _contacts(values: Mapping[str, str], region: str) -> tuple[dict[str, Any], ...]:
    name, phone = values.get("contact_name"), values.get("contact_phone")
    if not (name or phone):
        return ()
    return ({"name": name or "", "relationship": None, "phone": phone and (to_e164(phone, region) or phone)},)


def _identifiers(values: Mapping[str, str], region: str) -> tuple[IdentifierDetails, ...]:
    value = values.get("identifier")
    if not value:
        return ()
    if len(value) > identifiers.VALUE_MAX:
        raise Invalid(_("A number has 1 to %(count)s characters.", count=identifiers.VALUE_MAX))
    kind = _NATIONAL_KINDS.get(region, "national_id")
    try:
        return (IdentifierDetails(kind=kind, value=identifiers.check(kind, value)),)
    except Invalid:
        # A wrong number on file is better than a lost one.
        return (IdentifierDetails(kind="other", value=value),)


def _coverages(values: Mapping[str, str]) -> tuple[CoverageDetails, ...]:
    payer, number = values.get("payer"), values.get("member_number")
    if not (payer or number):
        return ()
    return (CoverageDetails(payer=(payer or _("Insurance"))[:160], member_number=number or None),)
