"""Between the form and PatientDetails.

What a person did not touch stays exactly as stored, also where the form shows less than is known (a second address, a
name as one text, a phone number that is none).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from clinic.dates import PartialDate
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails
from clinic.patients.models import BirthPrecision, Sex
from clinic.patients.registration.forms import PatientForm
from clinic.phones import shown, shown_in_full, to_e164
from clinic.web.fields import read_birth_date

Item = TypeVar("Item")
Shown = dict[str, Any]
_AS_TYPED = ("family_name", "given_name", "prefix", "suffix", "language", "practitioner_id", "notes")
_ADDRESS = ("postal_code", "city", "state", "country")
_CONSENT = {"yes": True, "no": False}
_ANSWERS = {True: "yes", False: "no", None: ""}


def shown_values(details: PatientDetails, region: str) -> Shown:
    """What the form shows of a patient on file: the data of its fields."""
    phones, emails = _split(details.telecoms)
    numbers = [shown_in_full(t["value"], t.get("typed"), region) for t in phones]
    values: Shown = {name: getattr(details, name) for name in _AS_TYPED}
    return values | {
        "birth_date": _birth(details),
        "is_deceased": details.is_deceased,
        "deceased_on": _death(details),
        "sex": details.sex.value,
        "phone": numbers[0] if numbers else None,
        "other_phone": numbers[1] if len(numbers) > 1 else None,
        "email": emails[0]["value"] if emails else None,
        **_address_row(details.addresses[0] if details.addresses else {}),
        "other_names": [_name_row(name) for name in details.other_names],
        "identifiers": [_identifier_row(i) for i in details.identifiers],
        "contacts": [_contact_row(contact, region) for contact in details.contacts],
        "coverages": [_coverage_row(c) for c in details.coverages],
        "consent_to_contact": _ANSWERS[details.consent_to_contact],
        "consent_to_share": _ANSWERS[details.consent_to_share],
        "hide_name": details.hide_name,
    }


def guessed_values(typed: str) -> Shown:
    """What somebody typed into the search, put where it most likely belongs: a date, a number, names.

    Of several words the last is taken for the family name; the person at the desk sees it and may know better.
    """
    values: Shown = {}
    words = []
    for word in typed[:200].split():
        if not any(c.isdecimal() for c in word):
            words.append(word.capitalize() if word.islower() else word)
        elif (birth := _birth_of(word)) and "birth_date" not in values:
            values["birth_date"] = birth
        else:
            values["phone"] = f"{values.get('phone', '')} {word}".strip()
    return values | {"family_name": words[-1] if words else None, "given_name": " ".join(words[:-1]) or None}


def _birth_of(word: str) -> PartialDate | None:
    if word.isdecimal():
        return None
    try:
        return read_birth_date(word)
    except ValueError:
        return None


def typed_details(form: PatientForm, region: str) -> PatientDetails:
    """What the form says, over what is stored; fields that were refused count as empty."""
    old = form.stored
    birth: PartialDate | None = form.birth_date.data
    death: PartialDate | None = form.deceased_on.data
    return replace(
        old,
        **{name: form[name].data for name in _AS_TYPED},
        birth_date=birth.date if birth else None,
        birth_precision=BirthPrecision(birth.precision) if birth else BirthPrecision.DAY,
        is_deceased=form.is_deceased.data,
        deceased_on=death.date if death else None,
        deceased_precision=BirthPrecision(death.precision) if death else BirthPrecision.DAY,
        sex=Sex(form.sex.data) if form.sex.data in set(Sex) else Sex.UNKNOWN,
        telecoms=_telecoms(form, region),
        addresses=_addresses(form),
        other_names=_merged(form.other_names, old.other_names, _name_row, _make_name),
        identifiers=_merged(form.identifiers, old.identifiers, _identifier_row, lambda row: IdentifierDetails(**row)),
        contacts=_merged(
            form.contacts, old.contacts, lambda c: _contact_row(c, region), lambda row: _make_contact(row, region)
        ),
        coverages=_coverages(form),
        consent_to_contact=_CONSENT.get(form.consent_to_contact.data),
        consent_to_share=_CONSENT.get(form.consent_to_share.data),
        hide_name=form.hide_name.data,
    )


def _merged(
    rows: Any, stored: Iterable[Item], show: Callable[[Item], Shown], make: Callable[[Shown], Item]
) -> tuple[Item, ...]:
    """The rows that hold something: as stored where a stored one looks the same, else made anew."""
    left = list(stored)
    merged = []
    for form in (entry.form for entry in rows if not entry.form.is_blank):
        row = {field.short_name: field.data for field in form}
        same = next((item for item in left if show(item) == row), None)
        if same is not None:
            left.remove(same)
        merged.append(make(row) if same is None else same)
    return tuple(merged)


def _birth(details: PatientDetails) -> PartialDate | None:
    return PartialDate(details.birth_date, details.birth_precision.value) if details.birth_date else None


def _death(details: PatientDetails) -> PartialDate | None:
    return PartialDate(details.deceased_on, details.deceased_precision.value) if details.deceased_on else None


def _split(telecoms: Iterable[Shown]) -> tuple[list[Shown], list[Shown]]:
    """(phones, e-mail addresses)."""
    everything = list(telecoms)
    return [t for t in everything if t["system"] != "email"], [t for t in everything if t["system"] == "email"]


def _telecoms(form: PatientForm, region: str) -> tuple[Shown, ...]:
    phones, emails = _split(form.stored.telecoms)
    typed = [form.phone.data, form.other_phone.data]
    numbers = [_telecom("phone", text, phones[i : i + 1], region) for i, text in enumerate(typed) if text]
    addresses = [_telecom("email", form.email.data, emails[:1], region)] if form.email.data else []
    found = (*numbers, *phones[2:], *addresses, *emails[1:])
    # The order on file stays when nothing else changed.
    same = len(found) == len(form.stored.telecoms) and all(telecom in form.stored.telecoms for telecom in found)
    return form.stored.telecoms if same else found


def _telecom(system: str, text: str, stored: list[Shown], region: str) -> Shown:
    old = stored[0] if stored else {}
    if old and text in (old["value"], old.get("typed"), shown_in_full(old["value"], old.get("typed"), region)):
        return old
    value = (to_e164(text, region) or text) if system == "phone" else text
    return {"system": system, "value": value, "typed": text, "use": None}


def _address_row(address: Shown) -> Shown:
    return {name: address.get(name) or None for name in _ADDRESS} | {
        "address_lines": "\n".join(address.get("lines") or ()) or None
    }


def _addresses(form: PatientForm) -> tuple[Shown, ...]:
    stored = form.stored.addresses
    row = {name: form[name].data or None for name in (*_ADDRESS, "address_lines")}
    if stored and _address_row(stored[0]) == row:
        return stored
    if not any(row.values()):
        return stored[1:]
    lines = (row.pop("address_lines") or "").splitlines()
    use = stored[0].get("use") if stored else "home"
    return ({"lines": lines, "use": use, **row}, *stored[1:])


def _name_row(name: Shown) -> Shown:
    return {
        "use": name.get("use") or "maiden",
        "family": name.get("family") or name.get("text") or None,
        "given": name.get("given") or None,
    }


def _make_name(row: Shown) -> Shown:
    return {key: value for key, value in row.items() if value}


def _identifier_row(identifier: IdentifierDetails) -> Shown:
    return {name: getattr(identifier, name) for name in ("kind", "value", "issuer", "valid_until")}


def _contact_row(contact: Shown, region: str) -> Shown:
    phone = contact.get("phone")
    return {
        "name": contact.get("name") or None,
        "relationship": contact.get("relationship") or None,
        "phone": shown(phone, region) if phone else None,
    }


def _make_contact(row: Shown, region: str) -> Shown:
    phone = row["phone"] and (to_e164(row["phone"], region) or row["phone"])
    return {key: value for key, value in (row | {"phone": phone}).items() if value}


def _coverage_row(coverage: CoverageDetails) -> Shown:
    return {name: getattr(coverage, name) for name in ("payer", "plan", "member_number", "valid_from", "valid_until")}


def _coverages(form: PatientForm) -> tuple[CoverageDetails, ...]:
    """In the order of the rows, the first is asked first; priorities on file stay while the order does."""
    stored = form.stored.coverages
    found = _merged(form.coverages, stored, _coverage_row, lambda row: CoverageDetails(**row))
    if len(found) == len(stored) and all(a == b for a, b in zip(found, stored, strict=True)):
        return stored
    return tuple(replace(coverage, priority=number) for number, coverage in enumerate(found, start=1))
