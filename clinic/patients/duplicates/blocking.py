"""Who may be the same person as somebody: the few hundred that blocking keys give, scored.

Keys are a shared phone, e-mail or identifier (blind index), the same name in either order, and the same birth date,
also with day and month swapped. Each key gives a bounded number, through an index, in one query for all.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, union_all
from sqlalchemy.orm import Session

from clinic.crypto import KeyRing, key_ring
from clinic.names import fold, sort_name
from clinic.patients.duplicates.scoring import LIKELY, Reason, Traits, score
from clinic.patients.models import BirthPrecision, Patient, PatientIdentifier, PatientSearchToken
from clinic.patients.tokens import email_token, phone_token
from clinic.phones import digits

# A phone or a day shared by more than this many tells nothing.
CANDIDATES_MOST = 300
MIN_DIGITS = 7
_INITIALS = 2
_AFTER_EVERY_NAME = "\U0010ffff"
_TRAITS = (Patient.id, Patient.family_name, Patient.given_name, Patient.birth_date, Patient.birth_precision)


@dataclass(frozen=True)
class Match:
    """Two records likely of one person; `ids` are the lower number and the higher."""

    ids: tuple[int, int]
    points: int
    reasons: tuple[Reason, ...]


def find_matches(session: Session, patient_ids: Sequence[int]) -> dict[tuple[int, int], Match]:
    """The likely pairs that these records are part of. Two queries for each of them and two for all."""
    people = session.execute(
        select(*_TRAITS, Patient.telecoms).where(Patient.id.in_(patient_ids), Patient.merged_into_id.is_(None))
    ).all()
    numbers: dict[int, list[bytes]] = defaultdict(list)
    tokens = select(PatientIdentifier.patient_id, PatientIdentifier.token)
    for patient_id, token in session.execute(tokens.where(PatientIdentifier.patient_id.in_(patient_ids))):
        numbers[patient_id].append(bytes(token))
    found: dict[tuple[int, int], Match] = {}
    for person in people:
        keys = contact_keys(key_ring(), person.telecoms) | dict.fromkeys(numbers[person.id], Reason.IDENTIFIER)
        for patient_id, points, reasons in score_candidates(session, traits(person), keys):
            if points >= LIKELY and patient_id != person.id:
                ids = (min(person.id, patient_id), max(person.id, patient_id))
                found[ids] = Match(ids, points, tuple(reasons))
    return found


def score_candidates(
    session: Session, mine: Traits, keys: Mapping[bytes, Reason]
) -> list[tuple[int, int, list[Reason]]]:
    """(patient id, points, reasons) of everybody that a blocking key gives."""
    exact = _holders(session, keys)
    rows = _candidates(session, mine, exact)
    return [(row.id, *score(mine, traits(row), frozenset(exact.get(row.id, ())))) for row in rows]


def contact_keys(ring: KeyRing, telecoms: Iterable[dict[str, Any]]) -> dict[bytes, Reason]:
    """Blocking keys of phone numbers and e-mail addresses; of short numbers, and of words in their place, none."""
    keys: dict[bytes, Reason] = {}
    for telecom in telecoms:
        if telecom["system"] == "email":
            keys[email_token(ring, telecom["value"])] = Reason.EMAIL
        elif len(digits(telecom["value"])) >= MIN_DIGITS:
            keys[phone_token(ring, telecom["value"])] = Reason.PHONE
    return keys


def traits(row: Any) -> Traits:
    """What is compared, of anything that has these columns."""
    return Traits(row.family_name, row.given_name, row.birth_date, row.birth_precision)


def _holders(session: Session, keys: Mapping[bytes, Reason]) -> dict[int, set[Reason]]:
    """Who holds these keys, of those that few enough hold."""
    if not keys:
        return {}
    columns = (PatientSearchToken.token, PatientSearchToken.patient_id)
    parts = [select(*columns).where(PatientSearchToken.token == key).limit(CANDIDATES_MOST + 1) for key in keys]
    by_key: dict[bytes, list[int]] = defaultdict(list)
    for token, patient_id in session.execute(_together(parts)):
        by_key[bytes(token)].append(patient_id)
    found: dict[int, set[Reason]] = defaultdict(set)
    for token, holders in by_key.items():
        for patient_id in holders if len(holders) <= CANDIDATES_MOST else ():
            found[patient_id].add(keys[token])
    return found


def _candidates(session: Session, mine: Traits, exact: Iterable[int]) -> list[Row[Any]]:
    wheres: list[ColumnElement[bool]] = []
    names = {sort_name(mine.family_name, mine.given_name), sort_name(mine.given_name, mine.family_name)} - {""}
    if names:
        wheres.append(Patient.sort_name.in_(sorted(names)))
    if mine.birth_date and mine.birth_precision == BirthPrecision.DAY:
        born = Patient.birth_date.in_(_dates(mine.birth_date))
        # On a day that very many share (a guessed first of January), those whose name begins alike are met anyway.
        wheres += [born, *(born & _begins(name[:_INITIALS]) for name in sorted(names))]
    if ids := sorted(exact):
        wheres.append(Patient.id.in_(ids))
    if not wheres:
        return []
    living = Patient.merged_into_id.is_(None)
    parts = [select(*_TRAITS).where(where, living).limit(CANDIDATES_MOST) for where in wheres]
    return list({row.id: row for row in session.execute(_together(parts))}.values())


def _together(parts: Sequence[Select[Any]]) -> Select[Any]:
    """All rows of all parts, each with its own limit."""
    wrapped = [part.subquery() for part in parts]
    return select(union_all(*(select(part) for part in wrapped)).subquery())


def _begins(prefix: str) -> ColumnElement[bool]:
    return Patient.sort_name.between(fold(prefix), fold(prefix) + _AFTER_EVERY_NAME)


def _dates(day: dt.date) -> list[dt.date]:
    """The date, and the one with day and month swapped where there is one."""
    swapped = [dt.date(day.year, day.day, day.month)] if day.day <= 12 else []
    return [day, *swapped]
