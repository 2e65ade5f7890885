"""Made-up patients: the same seed and count give the same ones."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum.fr import nir

from clinic.names import fold
from clinic.ops.sample.names import sample_name
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails
from clinic.patients.models import AlertLevel, BirthPrecision, Sex

_STREETS = ("rue des Lilas", "avenue de la Gare", "rue du Moulin", "place du Marché", "chemin des Vignes", "quai Sud")
_CITIES = (("75011", "Paris"), ("93100", "Montreuil"), ("69003", "Lyon"), ("13002", "Marseille"), ("31000", "Toulouse"))
_PAYERS = (("Assurance Maladie", "Régime général"), ("Mutuelle du Parc", "Confort"), ("Harmonia Santé", "Essentiel"))
_RELATIONSHIPS = ("Mother", "Father", "Partner", "Daughter", "Son", "Sister", "Neighbour")
_ALERTS = (
    (AlertLevel.DANGER, "Allergic to penicillin"),
    (AlertLevel.DANGER, "Severe latex allergy"),
    (AlertLevel.WARNING, "Takes blood thinners"),
    (AlertLevel.WARNING, "Risk of falling: accompany to the room"),
    (AlertLevel.INFO, "Needs an interpreter"),
    (AlertLevel.INFO, "Uses a wheelchair"),
)
_DAYS_KEPT = 5 * 365
_OLDEST = 100 * 365
_SUBSCRIBER_DIGITS = 6


@dataclass(frozen=True)
class SamplePatient:
    """What is known of a made-up patient, and when the clinic got to know it."""

    details: PatientDetails
    registered_at: dt.datetime
    last_visit_at: dt.datetime | None
    alert: tuple[AlertLevel, str] | None


class PhoneBook:
    """Mobile numbers that are valid in a region, written as its people write them."""

    def __init__(self, region: str) -> None:
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        example = example or phonenumbers.example_number(region)
        if example is None:
            raise ValueError(f"No telephone numbers are known for the region {region}.")
        self._e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)[:-_SUBSCRIBER_DIGITS]
        national = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        self._digits_before = sum(c.isdecimal() for c in national) - _SUBSCRIBER_DIGITS
        self._national = national

    def number(self, rnd: random.Random) -> dict[str, Any]:
        """A telecom of models.Patient."""
        subscriber = f"{rnd.randrange(10**_SUBSCRIBER_DIGITS):0{_SUBSCRIBER_DIGITS}d}"
        return {"system": "phone", "value": self._e164 + subscriber, "typed": self._typed(subscriber), "use": "mobile"}

    def _typed(self, subscriber: str) -> str:
        seen, replacement, written = 0, iter(subscriber), []
        for character in self._national:
            is_digit = character.isdecimal()
            written.append(next(replacement) if is_digit and seen >= self._digits_before else character)
            seen += is_digit
        return "".join(written)


def sample_patients(
    chosen: range,
    *,
    total: int,
    region: str,
    now: dt.datetime,
    practitioner_ids: Sequence[int] = (),
    seed: int = 1,
) -> Iterator[SamplePatient]:
    """Those numbered `chosen` of `total` patients, in the order of their registration, which ends before `now`."""
    rnd, phones = random.Random(seed), PhoneBook(region)  # nosec B311: not a secret
    step = dt.timedelta(days=_DAYS_KEPT) / max(total, 1)
    start = now - dt.timedelta(days=_DAYS_KEPT + 1)
    for number in chosen:
        registered_at = start + number * step
        kept = now - registered_at - dt.timedelta(hours=12)
        has_come = rnd.random() < 0.8
        yield SamplePatient(
            details=_details(rnd, phones, region, registered_at.date(), practitioner_ids),
            registered_at=registered_at,
            last_visit_at=registered_at + kept * rnd.random() if has_come else None,
            alert=rnd.choice(_ALERTS) if rnd.random() < 0.1 else None,
        )


def _details(
    rnd: random.Random, phones: PhoneBook, region: str, today: dt.date, practitioner_ids: Sequence[int]
) -> PatientDetails:
    sex = Sex(rnd.choices(("female", "male", "other", "unknown"), (52, 46, 1, 1))[0])
    name = sample_name(rnd, sex)
    born, precision = _birth(rnd, today)
    has_consented = rnd.random() < 0.7
    return PatientDetails(
        family_name=name.family,
        given_name=name.given,
        other_names=name.other,
        birth_date=born,
        birth_precision=precision,
        sex=sex,
        language=name.language,
        telecoms=_telecoms(rnd, phones, f"{name.given} {name.family or ''}"),
        addresses=(_address(rnd, region),) if rnd.random() < 0.8 else (),
        contacts=(_contact(rnd, phones),) if rnd.random() < 0.4 else (),
        consent_to_contact=has_consented or None,
        consent_to_share=rnd.random() < 0.8 if has_consented else None,
        practitioner_id=rnd.choice(practitioner_ids) if practitioner_ids and rnd.random() < 0.7 else None,
        identifiers=_identifiers(rnd, sex, born, region),
        coverages=_coverages(rnd, today),
    )


def _birth(rnd: random.Random, today: dt.date) -> tuple[dt.date, BirthPrecision]:
    """Ages of a town, children and the old among them; some people do not know their day of birth."""
    days = rnd.randrange(90 * 365) if rnd.random() < 0.6 else int(abs(rnd.gauss(0, 40)) * 365)
    born = today - dt.timedelta(days=min(days, _OLDEST) + 1)
    precision = BirthPrecision(rnd.choices(("day", "month", "year", "estimated"), (90, 3, 3, 4))[0])
    if precision is BirthPrecision.DAY:
        return born, precision
    first = born.replace(day=1) if precision is BirthPrecision.MONTH else born.replace(month=1, day=1)
    return first, precision


def _telecoms(rnd: random.Random, phones: PhoneBook, name: str) -> tuple[dict[str, Any], ...]:
    telecoms = [phones.number(rnd)] if rnd.random() < 0.95 else []
    if rnd.random() < 0.5:
        local = "".join(c if c.isascii() else "" for c in fold(name).replace(" ", ".")).strip(".") or "patient"
        address = f"{local}{rnd.randrange(1000)}@example.org"
        telecoms.append({"system": "email", "value": address, "typed": address, "use": "home"})
    return tuple(telecoms)


def _address(rnd: random.Random, region: str) -> dict[str, Any]:
    postal_code, city = rnd.choice(_CITIES)
    street = f"{rnd.randint(1, 120)} {rnd.choice(_STREETS)}"
    return {"lines": [street], "city": city, "postal_code": postal_code, "country": region, "use": "home"}


def _contact(rnd: random.Random, phones: PhoneBook) -> dict[str, Any]:
    name = sample_name(rnd, rnd.choice((Sex.FEMALE, Sex.MALE)))
    full = " ".join(part for part in (name.given, name.family) if part)
    return {"name": full, "relationship": rnd.choice(_RELATIONSHIPS), "phone": phones.number(rnd)["value"]}


def _identifiers(rnd: random.Random, sex: Sex, born: dt.date, region: str) -> tuple[IdentifierDetails, ...]:
    chance = rnd.random()
    if chance < 0.45 and region == "FR":
        body = f"{1 if sex is Sex.MALE else 2}{born:%y%m}{rnd.randint(1, 95):02d}{rnd.randint(1, 989):03d}"
        body += f"{rnd.randint(1, 999):03d}"
        return (IdentifierDetails(kind="fr_nir", value=nir.format(body + nir.calc_check_digits(body))),)
    if chance < 0.6:
        value = f"{rnd.randint(10, 99)}{rnd.choice('ABCDEFGH')}{rnd.choice('KLMNPRST')}{rnd.randrange(10**5):05d}"
        return (IdentifierDetails(kind="passport", value=value, issuer=region),)
    return ()


def _coverages(rnd: random.Random, today: dt.date) -> tuple[CoverageDetails, ...]:
    if rnd.random() > 0.6:
        return ()
    payer, plan = rnd.choice(_PAYERS)
    starts = today.replace(month=1, day=1)
    return (
        CoverageDetails(
            payer=payer,
            plan=plan,
            member_number=f"{rnd.randrange(10**9):09d}",
            valid_from=starts,
            valid_until=starts.replace(month=12, day=31) if rnd.random() < 0.3 else None,
        ),
    )
