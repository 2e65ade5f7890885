"""Writes of duplicate pairs: which records wait to be compared, what a comparison found, what people say of a pair."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, aliased

from clinic import live
from clinic.audit.service import Actor, record
from clinic.db import UtcDateTime
from clinic.errors import Conflict
from clinic.patients.duplicates.blocking import Match
from clinic.patients.duplicates.models import DuplicateCheck, DuplicatePair
from clinic.patients.duplicates.queries import get_pair
from clinic.patients.models import Patient

TOPIC = "patients:pairs"


def mark_for_matching(session: Session, patient_ids: Iterable[int], now: dt.datetime) -> None:
    """Have these records compared with all others, soon and in the background."""
    rows = [{"patient_id": patient_id, "marked_at": now} for patient_id in sorted(set(patient_ids))]
    if rows:
        statement = _insert(session, DuplicateCheck)
        again = {"marked_at": statement.excluded.marked_at}
        session.execute(statement.on_conflict_do_update(index_elements=["patient_id"], set_=again), rows)


def keep_matches(
    session: Session,
    *,
    waiting: Mapping[int, dt.datetime],
    found: Mapping[tuple[int, int], Match],
    now: dt.datetime,
) -> None:
    """Remember the likely pairs `found` for the records that waited (id -> when marked) and forget their other ones."""
    _lock(session, {patient_id for ids in found for patient_id in ids})
    changed = _forget_all_but(session, list(waiting), set(found)) + _remember(session, found, now)
    done = delete(DuplicateCheck).where(DuplicateCheck.patient_id == bindparam("patient"))
    # One that was marked again meanwhile is compared again.
    done = done.where(DuplicateCheck.marked_at == bindparam("at", type_=UtcDateTime()))
    session.connection().execute(done, [{"patient": i, "at": at} for i, at in waiting.items()])
    if changed:
        live.publish(session, TOPIC)


def dismiss_pair(session: Session, *, pair_id: int, actor: Actor, now: dt.datetime) -> DuplicatePair:
    """Remember that these are two persons. Conflict when somebody did already."""
    return _decide(session, pair_id, True, actor, now)


def restore_pair(session: Session, *, pair_id: int, actor: Actor, now: dt.datetime) -> DuplicatePair:
    """Take a dismissal back. Conflict when somebody did already."""
    return _decide(session, pair_id, False, actor, now)


def _decide(session: Session, pair_id: int, is_dismissed: bool, actor: Actor, now: dt.datetime) -> DuplicatePair:
    pair = get_pair(session, pair_id, lock=True)
    if (pair.dismissed_at is not None) == is_dismissed:
        raise Conflict(_("Somebody did this already."))
    pair.dismissed_at, pair.dismissed_by_id = (now, actor.actor_id) if is_dismissed else (None, None)
    session.flush()
    live.publish(session, TOPIC)
    action = "patients.dismiss_pair" if is_dismissed else "patients.restore_pair"
    for mine, other in ((pair.low_id, pair.high_id), (pair.high_id, pair.low_id)):
        record(
            session, action, "duplicate_pair", pair.id, patient_id=mine, actor=actor, now=now, after={"other": other}
        )
    return pair


def _lock(session: Session, ids: set[int]) -> None:
    """Keep these records from being merged until the end, in the order in which a merge takes them."""
    if ids:
        query = select(Patient.id).where(Patient.id.in_(ids)).order_by(Patient.id)
        session.execute(query.with_for_update(read=True, key_share=True))


def _forget_all_but(session: Session, ids: list[int], found: set[tuple[int, int]]) -> int:
    """Drop pairs of these records that nothing speaks for any more; dismissals and pairs of merged records are kept."""
    low, high = aliased(Patient), aliased(Patient)
    query = select(DuplicatePair.id, DuplicatePair.low_id, DuplicatePair.high_id).where(
        or_(DuplicatePair.low_id.in_(ids), DuplicatePair.high_id.in_(ids)),
        DuplicatePair.dismissed_at.is_(None),
        low.merged_into_id.is_(None),
        high.merged_into_id.is_(None),
    )
    query = query.join(low, low.id == DuplicatePair.low_id).join(high, high.id == DuplicatePair.high_id)
    rows = session.execute(query).all()
    gone = [row.id for row in rows if (row.low_id, row.high_id) not in found]
    if gone:
        session.execute(delete(DuplicatePair).where(DuplicatePair.id.in_(gone)))
    return len(gone)


def _remember(session: Session, found: Mapping[tuple[int, int], Match], now: dt.datetime) -> int:
    """Write new pairs and what changed of known ones."""
    known = _known(session, found)
    fresh = [match for ids, match in sorted(found.items()) if ids not in known]
    if fresh:
        rows = [_values(match) | {"found_at": now} for match in fresh]
        session.execute(_insert(session, DuplicatePair).on_conflict_do_nothing(), rows)
    stale = [(known[ids].id, match) for ids, match in found.items() if ids in known and _is_stale(known[ids], match)]
    for pair_id, match in stale:
        values = {"points": match.points, "reasons": list(match.reasons)}
        session.execute(update(DuplicatePair).where(DuplicatePair.id == pair_id).values(values))
    return len(fresh) + len(stale)


def _known(session: Session, found: Mapping[tuple[int, int], Match]) -> dict[tuple[int, int], DuplicatePair]:
    lows = {low for low, _high in found}
    pairs = session.scalars(select(DuplicatePair).where(DuplicatePair.low_id.in_(lows))) if lows else ()
    return {(pair.low_id, pair.high_id): pair for pair in pairs}


def _is_stale(pair: DuplicatePair, match: Match) -> bool:
    return (pair.points, pair.reasons) != (match.points, list(match.reasons))


def _values(match: Match) -> dict[str, Any]:
    low, high = match.ids
    return {"low_id": low, "high_id": high, "points": match.points, "reasons": list(match.reasons)}


def _insert(session: Session, model: Any) -> Any:
    """INSERT that may say what happens when the row is there."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    # Rows, not objects: nobody looks at them again in this transaction.
    return (postgresql_insert if is_postgresql else sqlite_insert)(model.__table__)
