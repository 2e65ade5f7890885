"""Finding who a new patient may be already, through indexes only."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from clinic.crypto import key_ring
from clinic.names import sort_name
from clinic.patients.details import PatientDetails
from clinic.patients.duplicates.scoring import LIKELY, SHOWN, Reason, Traits, score
from clinic.patients.models import BirthPrecision, Patient, PatientSearchToken
from clinic.patients.tokens import email_token, identifier_token, phone_token

SHOWN_MOST = 5
# A phone or a day shared by more than this many tells nothing.
CANDIDATES_MOST = 300


@dataclass(frozen=True)
class Duplicate:
    """A patient on file who may be the same person."""

    patient: Patient
    points: int
    reasons: list[Reason]

    @property
    def is_likely(self) -> bool:
        return self.points >= LIKELY


def find_duplicates(session: Session, details: PatientDetails, *, but_not: int | None = None) -> list[Duplicate]:
    """Patients on file who may be the person described, likeliest first. Three indexed queries."""
    mine = Traits(details.family_name, details.given_name, details.birth_date, details.birth_precision)
    exact = _exact_matches(session, details)
    scored = []
    for row in _candidates(session, details, set(exact)):
        theirs = Traits(row.family_name, row.given_name, row.birth_date, row.birth_precision)
        points, reasons = score(mine, theirs, frozenset(exact.get(row.id, ())))
        if points >= SHOWN and row.id != but_not:
            scored.append((-points, row.id, reasons))
    best = sorted(scored)[:SHOWN_MOST]
    patients = {p.id: p for p in session.scalars(select(Patient).where(Patient.id.in_([i for _, i, _ in best])))}
    return [Duplicate(patients[patient_id], -points, reasons) for points, patient_id, reasons in best]


def _exact_matches(session: Session, details: PatientDetails) -> dict[int, set[Reason]]:
    """Who has the same identifier, phone or e-mail address, from the blind index."""
    ring = key_ring()
    wanted = {identifier_token(ring, i.value): Reason.IDENTIFIER for i in details.identifiers if i.value}
    for telecom in details.telecoms:
        if telecom["system"] == "email":
            wanted[email_token(ring, telecom["value"])] = Reason.EMAIL
        elif len(telecom["value"]) >= 7:
            wanted[phone_token(ring, telecom["value"])] = Reason.PHONE
    found: dict[int, set[Reason]] = defaultdict(set)
    if wanted:
        query = select(PatientSearchToken).where(PatientSearchToken.token.in_(wanted)).limit(CANDIDATES_MOST)
        for row in session.scalars(query):
            found[row.patient_id].add(wanted[bytes(row.token)])
    return found


def _candidates(session: Session, details: PatientDetails, ids: set[int]) -> Sequence[Row[Any]]:
    columns = (Patient.id, Patient.family_name, Patient.given_name, Patient.birth_date, Patient.birth_precision)
    wheres: list[ColumnElement[bool]] = []
    names = {sort_name(details.family_name, details.given_name), sort_name(details.given_name, details.family_name)}
    if names - {""}:
        wheres.append(Patient.sort_name.in_(names - {""}))
    if details.birth_date and details.birth_precision == BirthPrecision.DAY:
        wheres.append(Patient.birth_date.in_(_dates(details.birth_date)))
    if ids:
        wheres.append(Patient.id.in_(ids))
    if not wheres:
        return []
    return session.execute(select(*columns).where(or_(*wheres)).limit(2 * CANDIDATES_MOST)).all()


def _dates(day: dt.date) -> list[dt.date]:
    """The date, and the one with day and month swapped where there is one."""
    swapped = [dt.date(day.year, day.day, day.month)] if day.day <= 12 else []
    return [day, *swapped]
