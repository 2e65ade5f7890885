"""Patients: one row each, in the order they were registered."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import LargeBinary, ScalarSelect, Select, func, select, type_coerce
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.crypto import key_ring
from clinic.directory.models import Practitioner
from clinic.exports.datasets.columns import (
    Batch,
    Column,
    Source,
    day,
    instant,
    number,
    plain,
    referred,
    sealed_json,
    sealed_text,
    yes_no,
)
from clinic.exports.datasets.dataset import Dataset, Filters
from clinic.exports.datasets.hexed import hexed
from clinic.exports.files.cells import CellKind, Values
from clinic.exports.models import ExportKind
from clinic.patients.listing.forms import FilterForm
from clinic.patients.listing.queries import Order, matching
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.phones import with_extension

_KNOWN_LENGTH = {"day": 10, "month": 7, "year": 4, "estimated": 4}
# Between and inside the identifiers that one subquery joins: characters that no kind contains.
_NEXT, _PART = "\x1e", "\x1f"


def _birth_dates(dates: Batch, precisions: Batch) -> Values:
    """Only what is known: 1982-03-14, 1982-03 or 1982, never a made-up 1 January."""
    return [d if d is None or p == "day" else d[: _KNOWN_LENGTH[p]] for d, p in zip(dates, precisions, strict=True)]


def _item(index: int) -> Any:
    def fill(batch: Batch) -> Values:
        return [picked[index] for picked in batch]

    return fill


def _pick_telecoms(telecoms: Sequence[Mapping[str, str]]) -> tuple[str | None, str | None]:
    """The first phone number, E.164 with its extension, and the first e-mail address."""
    phone = email = None
    for telecom in telecoms:
        if telecom["system"] == "phone":
            phone = phone or with_extension(telecom["value"], telecom.get("typed"))
        elif telecom["system"] == "email":
            email = email or telecom["value"]
    return phone, email


def _pick_address(addresses: Sequence[Mapping[str, Any]]) -> tuple[str | None, ...]:
    """Lines, postal code, city and country of the first address."""
    first = addresses[0] if addresses else {}
    return (
        ", ".join(first.get("lines") or ()) or None,
        first.get("postal_code"),
        first.get("city"),
        first.get("country"),
    )


def _pick_contacts(contacts: Sequence[Mapping[str, Any]]) -> str | None:
    people = (filter(None, (c.get("name"), c.get("relationship"), c.get("phone"))) for c in contacts)
    return "; ".join(" ".join(person) for person in people) or None


def _first_coverage(column: Any) -> ScalarSelect[Any]:
    chosen = select(column).where(Coverage.patient_id == Patient.id).order_by(Coverage.priority, Coverage.id).limit(1)
    return chosen.correlate(Patient).scalar_subquery()


def _identifiers() -> Source:
    """Every identifier of a patient in one text, each as "kind: value"."""
    part = PatientIdentifier.kind + _PART + hexed(PatientIdentifier.value.expression)
    joined = select(func.aggregate_strings(part, _NEXT)).where(PatientIdentifier.patient_id == Patient.id)

    def decode(values: Batch) -> Values:
        opened = key_ring().opener(b"patient_identifiers.value")
        return [_name_identifiers(value, opened) if value else None for value in values]

    return Source(joined.correlate(Patient).scalar_subquery(), decode)


def _name_identifiers(joined: str, opened: Any) -> str:
    pairs = (identifier.split(_PART) for identifier in joined.split(_NEXT))
    return "; ".join(sorted(f"{kind}: {opened(bytes.fromhex(sealed)).decode()}" for kind, sealed in pairs))


def _sources(zone: ZoneInfo) -> dict[str, Source]:
    return {
        "id": number(Patient.id),
        **{name: plain(getattr(Patient, name)) for name in _PLAIN},
        **{name: day(getattr(Patient, name)) for name in ("birth_date", "deceased_on")},
        **{name: instant(getattr(Patient, name), zone) for name in ("last_visit_at", "registered_at")},
        **{
            name: Source(getattr(Patient, name))
            for name in ("consent_to_contact", "consent_to_share", "is_active", "is_deceased")
        },
        **{name: sealed_json(getattr(Patient, name), f"patients.{name}", pick) for name, pick in _SEALED.items()},
        "notes": sealed_text(Patient.notes, "patients.notes"),
        "identifiers": _identifiers(),
        "practitioner": referred(Practitioner.display_name, Practitioner, Patient.practitioner_id),
        "payer": Source(_first_coverage(Coverage.payer)),
        "member_number": sealed_text(
            _first_coverage(type_coerce(Coverage.member_number, LargeBinary)), "coverages.member_number"
        ),
    }


_PLAIN = (
    "mrn",
    "display_name",
    "family_name",
    "given_name",
    "prefix",
    "suffix",
    "birth_precision",
    "deceased_precision",
    "sex",
    "language",
)
_SEALED = {"telecoms": _pick_telecoms, "addresses": _pick_address, "contacts": _pick_contacts}
_COLUMNS = (
    Column("mrn", _l("MRN"), ("mrn",), is_default=True),
    Column("display_name", _l("Name"), ("display_name",)),
    Column("family_name", _l("Family name"), ("family_name",), is_default=True),
    Column("given_name", _l("Given name"), ("given_name",), is_default=True),
    Column("prefix", _l("Prefix"), ("prefix",)),
    Column("suffix", _l("Suffix"), ("suffix",)),
    Column("sex", _l("Sex"), ("sex",), CellKind.CODE, is_default=True),
    Column(
        "birth_date", _l("Birth date"), ("birth_date", "birth_precision"), CellKind.DATE, _birth_dates, is_default=True
    ),
    Column("birth_precision", _l("Birth date known to"), ("birth_precision",), CellKind.CODE, is_default=True),
    Column("is_deceased", _l("Died"), ("is_deceased",), CellKind.CODE, yes_no),
    Column("deceased_on", _l("Died on"), ("deceased_on", "deceased_precision"), CellKind.DATE, _birth_dates),
    Column("phone", _l("Phone"), ("telecoms",), fill=_item(0), is_default=True),
    Column("email", _l("E-mail"), ("telecoms",), fill=_item(1), is_default=True),
    Column("address", _l("Address"), ("addresses",), fill=_item(0)),
    Column("postal_code", _l("Postal code"), ("addresses",), fill=_item(1)),
    Column("city", _l("City"), ("addresses",), fill=_item(2)),
    Column("country", _l("Country"), ("addresses",), fill=_item(3)),
    Column("contacts", _l("Next of kin"), ("contacts",)),
    Column("language", _l("Language"), ("language",)),
    Column("identifiers", _l("Identifiers"), ("identifiers",)),
    Column("payer", _l("Coverage"), ("payer",)),
    Column("member_number", _l("Member number"), ("member_number",)),
    Column("practitioner", _l("Practitioner"), ("practitioner",), is_default=True),
    Column("consent_to_contact", _l("May be contacted"), ("consent_to_contact",), CellKind.CODE, yes_no),
    Column("consent_to_share", _l("May be shared"), ("consent_to_share",), CellKind.CODE, yes_no),
    Column("is_active", _l("Active"), ("is_active",), CellKind.CODE, yes_no),
    Column("notes", _l("Notes"), ("notes",)),
    Column("last_visit_at", _l("Last visit"), ("last_visit_at",), CellKind.INSTANT, is_default=True),
    Column("registered_at", _l("Registered"), ("registered_at",), CellKind.INSTANT, is_default=True),
)


def _rows(filters: Filters, zone: ZoneInfo) -> Select[Any]:
    wanted = FilterForm(MultiDict(filters)).filters(zone)
    today = clock.clinic_day(clock.now(), zone)
    # In the order of the rows on disk: by name, a large list would be read in leaps.
    return select(Patient).where(*matching(wanted, Order(), today)).order_by(Patient.id)


PATIENTS = Dataset(
    kind=ExportKind.PATIENTS,
    label=_l("Patients"),
    permission="patients.view",
    columns=_COLUMNS,
    sources=_sources,
    rows=_rows,
)
