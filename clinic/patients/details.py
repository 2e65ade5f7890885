"""What the clinic writes down about a patient, apart from what it decides itself (MRN, times, version)."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

from flask_babel import gettext as _

from clinic.errors import Invalid
from clinic.names import display_name, search_name, sort_name
from clinic.patients.models import BirthPrecision, Patient, Sex

NAME_MAX = 200
EARLIEST_BIRTH = dt.date(1880, 1, 1)


@dataclass(frozen=True, kw_only=True)
class IdentifierDetails:
    """A number given by somebody else; `kind` is a code of clinic.identifiers or the importer's own."""

    kind: str
    value: str
    issuer: str | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class CoverageDetails:
    """Who pays; priority 1 is asked first."""

    payer: str
    plan: str | None = None
    member_number: str | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    priority: int = 1


@dataclass(frozen=True, kw_only=True)
class PatientDetails:
    """Everything a form or an import says about a patient. The shapes of the lists are those of models.Patient.

    Whoever has a day of death is deceased; the day may be unknown, or known to the month or year.
    """

    family_name: str | None = None
    given_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    other_names: tuple[dict[str, Any], ...] = ()
    birth_date: dt.date | None = None
    birth_precision: BirthPrecision = BirthPrecision.DAY
    sex: Sex = Sex.UNKNOWN
    is_deceased: bool = False
    deceased_on: dt.date | None = None
    deceased_precision: BirthPrecision = BirthPrecision.DAY
    language: str | None = None
    telecoms: tuple[dict[str, Any], ...] = ()
    addresses: tuple[dict[str, Any], ...] = ()
    contacts: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] | None = None
    notes: str | None = None
    consent_to_contact: bool | None = None
    consent_to_share: bool | None = None
    hide_name: bool = False
    practitioner_id: int | None = None
    identifiers: tuple[IdentifierDetails, ...] = ()
    coverages: tuple[CoverageDetails, ...] = ()

    def __post_init__(self) -> None:
        if self.deceased_on is not None and not self.is_deceased:
            object.__setattr__(self, "is_deceased", True)


# Columns that follow from the names.
DERIVED = ("display_name", "sort_name", "search_name")
LISTS = ("other_names", "telecoms", "addresses", "contacts")
_CHILDREN = ("identifiers", "coverages")
_PLAIN = tuple(f.name for f in fields(PatientDetails) if f.name not in (*LISTS, *_CHILDREN, "extra"))


def details_of(patient: Patient) -> PatientDetails:
    """What is stored, in the shape in which it is written: change it with dataclasses.replace()."""
    values: dict[str, Any] = {name: getattr(patient, name) for name in _PLAIN}
    values |= {name: tuple(getattr(patient, name)) for name in LISTS}
    identifiers = tuple(
        IdentifierDetails(kind=i.kind, value=i.value, issuer=i.issuer, valid_until=i.valid_until)
        for i in patient.identifiers
    )
    coverages = tuple(
        CoverageDetails(**{f.name: getattr(c, f.name) for f in fields(CoverageDetails)}) for c in patient.coverages
    )
    return PatientDetails(**values, extra=patient.extra, identifiers=identifiers, coverages=coverages)


def columns(details: PatientDetails) -> dict[str, Any]:
    """Values of the patients table, with the names derived for showing, sorting and searching."""
    values = {name: getattr(details, name) for name in _PLAIN}
    values |= {name: list(getattr(details, name)) for name in LISTS}
    family, given = details.family_name, details.given_name
    others = [str(n.get(part)) for n in details.other_names for part in ("family", "given", "text") if n.get(part)]
    return values | {
        "extra": details.extra or {},
        "display_name": display_name(family, given, details.prefix, details.suffix)[:450],
        "sort_name": sort_name(family, given)[:450],
        "search_name": search_name(family, given, display_name(family, given), *others)[:1200],
    }


def snapshot(details: PatientDetails) -> dict[str, Any]:
    """The details as plain values for the audit log, lists for tuples. Not copied: for reading only."""
    values: dict[str, Any] = {name: getattr(details, name) for name in _PLAIN}
    values |= {name: list(getattr(details, name)) for name in LISTS}
    values |= {name: [dict(vars(row)) for row in getattr(details, name)] for name in _CHILDREN}
    return values | {"extra": details.extra or {}}


def check(details: PatientDetails, today: dt.date) -> None:
    """Raises Invalid, naming the field, for what no patient may have, whoever writes it."""
    if not (details.family_name or details.given_name):
        raise Invalid(_("A patient needs a name: fill in at least one of the two."), "family_name")
    for field in ("family_name", "given_name"):
        if len(getattr(details, field) or "") > NAME_MAX:
            raise Invalid(_("A name may have %(count)s characters.", count=NAME_MAX), field)
    for field in ("birth_date", "deceased_on"):
        day = getattr(details, field)
        if day is not None and not EARLIEST_BIRTH <= day <= today:
            raise Invalid(_("This date must lie between %(year)s and today.", year=EARLIEST_BIRTH.year), field)
    if _dies_unborn(details):
        raise Invalid(_("Nobody dies before they are born: check both dates."), "deceased_on")


def _dies_unborn(details: PatientDetails) -> bool:
    """Whether death lies before birth, as far as both are known."""
    if details.birth_date is None or details.deceased_on is None:
        return False
    known = {BirthPrecision.DAY: 3, BirthPrecision.MONTH: 2}
    parts = min(known.get(details.birth_precision, 1), known.get(details.deceased_precision, 1))
    return details.deceased_on.timetuple()[:parts] < details.birth_date.timetuple()[:parts]
