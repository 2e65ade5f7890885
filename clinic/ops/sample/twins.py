"""Records that were registered twice, as it happens at a desk: for the screen of possible duplicates."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from clinic.ops.sample.people import SamplePatient
from clinic.patients.details import PatientDetails
from clinic.patients.models import BirthPrecision

_LONG_NAME = 5
_MOST_MONTHS = 12


def twins(people: Sequence[SamplePatient], now: dt.datetime) -> list[SamplePatient]:
    """Second records of four of these people, with what somebody got wrong; fewer when nobody fits."""
    found, left = [], [person for person in people if _is_plain(person.details)]
    for number, (get_wrong, fits) in enumerate(_MISTAKES):
        person = next((one for one in left if fits(one.details)), None)
        if person is None:
            continue
        left.remove(person)
        registered_at = now - dt.timedelta(days=3 * number + 1)
        details = get_wrong(_as_told_again(person.details))
        found.append(SamplePatient(details=details, registered_at=registered_at, last_visit_at=None, alert=None))
    return found


def _is_plain(details: PatientDetails) -> bool:
    """Has a whole birth date, both names and a phone."""
    has_phone = any(telecom["system"] == "phone" for telecom in details.telecoms)
    names = bool(details.given_name) and len(details.family_name or "") >= _LONG_NAME
    return details.birth_precision is BirthPrecision.DAY and names and has_phone


def _as_told_again(details: PatientDetails) -> PatientDetails:
    """Names, birth date, sex and phone: what the desk asks a person who is new."""
    phones = tuple(telecom for telecom in details.telecoms if telecom["system"] == "phone")
    return PatientDetails(
        family_name=details.family_name,
        given_name=details.given_name,
        birth_date=details.birth_date,
        birth_precision=details.birth_precision,
        sex=details.sex,
        telecoms=phones,
    )


def _mistyped(details: PatientDetails) -> PatientDetails:
    """Two letters of the family name changed places."""
    name = details.family_name or ""
    return replace(details, family_name=name[:2] + name[3] + name[2] + name[4:])


def _day_and_month_swapped(details: PatientDetails) -> PatientDetails:
    born = details.birth_date
    return replace(details, birth_date=born and dt.date(born.year, born.day, born.month), telecoms=())


def _names_swapped(details: PatientDetails) -> PatientDetails:
    return replace(details, family_name=details.given_name, given_name=details.family_name)


def _year_only(details: PatientDetails) -> PatientDetails:
    """The same name and phone, and only the year was known."""
    born = details.birth_date
    return replace(details, birth_date=born and born.replace(month=1, day=1), birth_precision=BirthPrecision.YEAR)


def _differs_in_the_middle(details: PatientDetails) -> bool:
    name = details.family_name or ""
    return name[2] != name[3] and " " not in name[:_LONG_NAME]


def _may_be_swapped(details: PatientDetails) -> bool:
    born = details.birth_date
    return born is not None and born.day <= _MOST_MONTHS and born.day != born.month


def _any(_details: PatientDetails) -> bool:
    return True


_Mistake = tuple[Callable[[PatientDetails], PatientDetails], Callable[[PatientDetails], bool]]
_MISTAKES: tuple[_Mistake, ...] = (
    (_mistyped, _differs_in_the_middle),
    (_day_and_month_swapped, _may_be_swapped),
    (_names_swapped, _any),
    (_year_only, _any),
)
