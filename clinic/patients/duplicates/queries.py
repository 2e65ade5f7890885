"""Reads of possible duplicates: of somebody about to be registered, and of pairs on file."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, load_only

from clinic.crypto import key_ring
from clinic.errors import NotFound
from clinic.patients.details import PatientDetails
from clinic.patients.duplicates.blocking import contact_keys, score_candidates, traits
from clinic.patients.duplicates.models import DuplicateCheck, DuplicatePair
from clinic.patients.duplicates.scoring import LIKELY, SHOWN, Reason
from clinic.patients.models import Patient
from clinic.patients.tokens import identifier_token

SHOWN_MOST = 5
_PAIRS_OF_ONE = 20


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
    ring = key_ring()
    keys = contact_keys(ring, details.telecoms)
    keys |= {identifier_token(ring, i.value): Reason.IDENTIFIER for i in details.identifiers if i.value}
    scored = score_candidates(session, traits(details), keys)
    best = sorted((-points, i, reasons) for i, points, reasons in scored if points >= SHOWN and i != but_not)
    best = best[:SHOWN_MOST]
    patients = {p.id: p for p in session.scalars(select(Patient).where(Patient.id.in_([i for _, i, _ in best])))}
    return [Duplicate(patients[patient_id], -points, reasons) for points, patient_id, reasons in best]


def list_waiting(session: Session, limit: int) -> dict[int, dt.datetime]:
    """Records that wait to be compared, with when they were marked."""
    query = select(DuplicateCheck.patient_id, DuplicateCheck.marked_at).order_by(DuplicateCheck.patient_id)
    return dict(session.execute(query.limit(limit)).tuples().all())


def list_open_pairs(session: Session, *, after: tuple[int, int] | None, limit: int) -> Sequence[DuplicatePair]:
    """Pairs nobody decided on, likeliest first, from (points, id) on. Those of merged records are left out."""
    key = tuple_(DuplicatePair.points, DuplicatePair.id)
    query = _pairs(DuplicatePair.dismissed_at.is_(None))
    if after:
        query = query.where(key < after)
    return session.scalars(query.order_by(DuplicatePair.points.desc(), DuplicatePair.id.desc()).limit(limit)).all()


def list_dismissed_pairs(
    session: Session, *, after: tuple[dt.datetime, int] | None, limit: int
) -> Sequence[DuplicatePair]:
    """Pairs that somebody said are two persons, the latest first."""
    query = _pairs(DuplicatePair.dismissed_at.is_not(None))
    if after:
        query = query.where(
            (DuplicatePair.dismissed_at < after[0])
            | ((DuplicatePair.dismissed_at == after[0]) & (DuplicatePair.id < after[1]))
        )
    latest = (DuplicatePair.dismissed_at.desc(), DuplicatePair.id.desc())
    return session.scalars(query.order_by(*latest).limit(limit)).all()


def list_pairs_of(session: Session, patient_id: int) -> Sequence[DuplicatePair]:
    """The open pairs of one record, likeliest first."""
    is_theirs = or_(DuplicatePair.low_id == patient_id, DuplicatePair.high_id == patient_id)
    query = _pairs(is_theirs & DuplicatePair.dismissed_at.is_(None))
    return session.scalars(
        query.order_by(DuplicatePair.points.desc(), DuplicatePair.id.desc()).limit(_PAIRS_OF_ONE)
    ).all()


def get_pair(session: Session, pair_id: int, *, lock: bool = False) -> DuplicatePair:
    """The pair, or NotFound. With `lock` nobody else decides on it until the end."""
    pair = session.get(DuplicatePair, pair_id, with_for_update=lock or None, populate_existing=True)
    if pair is None:
        raise NotFound(_("There is no such pair."))
    return pair


def find_pair(session: Session, one_id: int, other_id: int) -> DuplicatePair | None:
    """The pair of two records, if they are one."""
    low, high = sorted((one_id, other_id))
    return session.scalar(select(DuplicatePair).where(DuplicatePair.low_id == low, DuplicatePair.high_id == high))


def _pairs(condition: ColumnElement[bool]) -> Select[tuple[DuplicatePair]]:
    """Pairs of two records that are merged into none, with what a list shows of both."""
    low, high = aliased(Patient), aliased(Patient)
    shown = [
        contains_eager(relation.of_type(side)).options(
            load_only(*(getattr(side, name) for name in _SHOWN), raiseload=True)
        )
        for relation, side in ((DuplicatePair.low, low), (DuplicatePair.high, high))
    ]
    query = select(DuplicatePair).join(low, DuplicatePair.low_id == low.id).join(high, DuplicatePair.high_id == high.id)
    query = query.where(condition, low.merged_into_id.is_(None), high.merged_into_id.is_(None))
    return query.options(*shown, joinedload(DuplicatePair.dismissed_by))


_SHOWN = ("mrn", "display_name", "birth_date", "birth_precision", "sex", "telecoms", "is_active", "last_visit_at")
