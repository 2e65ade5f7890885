"""What the expected wait is measured from: who waits, who is being seen, and how long the latest patients took."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from clinic.directory.models import Service
from clinic.queue.models import LANE_ORDER, Lane, QueueEntry, State
from clinic.queue.queries import calling_order
from clinic.queue.waits.estimate import Busy, Situation, Waiting

LATEST = 240
PER_SERVICE = 60
LOOK_BACK = dt.timedelta(days=14)
# A room that called nobody for so long has stopped working for now.
RESTING = dt.timedelta(minutes=40)
# A longer pause between two patients is no part of the first one's time.
LONGEST_PAUSE = dt.timedelta(minutes=10)
_IN_A_ROOM = (State.CALLED, State.IN_SERVICE)


class Stay(NamedTuple):
    """One patient's time in a room."""

    service_id: int
    day: dt.date
    room_id: int | None
    joined_at: dt.datetime
    called_at: dt.datetime
    finished_at: dt.datetime


@dataclass(frozen=True)
class History:
    """What changes slowly: measured and planned times by service, rate of arrivals by rank (see Situation)."""

    measured: Mapping[int, Sequence[float]]
    planned: Mapping[int, float]
    arrivals: Mapping[int, float]


def read_history(session: Session, department_id: int, day: dt.date) -> History:
    """How a department's queue has moved lately, in three queries."""
    stays = _latest_stays(session, department_id, day)
    return History(measure(stays), _planned(session), _arrivals(session, department_id, day))


def read_situation(
    session: Session, department_id: int, history: History, *, day: dt.date, now: dt.datetime
) -> Situation:
    """A department's queue at this moment, in two queries."""
    today = (QueueEntry.department_id == department_id) & (QueueEntry.day == day)
    called = _lately_called(session, today, now - RESTING)
    busy = [Busy(row.service_id, (now - row.called_at).total_seconds()) for row in called if row.state in _IN_A_ROOM]
    return Situation(
        waiting=_waiting(session, today),
        busy=busy,
        rooms=max(len({row.room_id for row in called}), len(busy)),
        measured=history.measured,
        planned=history.planned,
        arrivals=history.arrivals,
    )


def _waiting(session: Session, today: ColumnElement[bool]) -> list[Waiting]:
    rows = session.execute(
        select(QueueEntry.id, QueueEntry.service_id, QueueEntry.lane)
        .where(today, QueueEntry.state == State.WAITING)
        .order_by(*calling_order())
    )
    return [Waiting(row.id, row.service_id, LANE_ORDER[row.lane]) for row in rows]


def _lately_called(session: Session, today: ColumnElement[bool], since: dt.datetime) -> Sequence[Row[Any]]:
    """Who is in a room, and who was called to one since."""
    ended = (State.DONE, State.NO_SHOW)
    return session.execute(
        select(QueueEntry.service_id, QueueEntry.room_id, QueueEntry.state, QueueEntry.called_at).where(
            today,
            QueueEntry.state.in_(_IN_A_ROOM) | (QueueEntry.state.in_(ended) & (QueueEntry.called_at > since)),
        )
    ).all()


def _latest_stays(session: Session, department_id: int, day: dt.date) -> list[Stay]:
    """The latest that ended, no-shows included: they too keep a room for a while."""
    rows = session.execute(
        select(*(getattr(QueueEntry, name) for name in Stay._fields))
        .where(
            QueueEntry.department_id == department_id,
            QueueEntry.state.in_((State.DONE, State.NO_SHOW)),
            QueueEntry.day > day - LOOK_BACK,
            QueueEntry.called_at.is_not(None),
            QueueEntry.finished_at.is_not(None),
        )
        .order_by(QueueEntry.day.desc(), QueueEntry.called_at.desc())
        .limit(LATEST)
    )
    return [Stay(*row) for row in rows]


def _planned(session: Session) -> dict[int, float]:
    rows = session.execute(select(Service.id, Service.duration_minutes))
    return {row.id: row.duration_minutes * 60.0 for row in rows}


def _arrivals(session: Session, department_id: int, day: dt.date) -> dict[int, float]:
    """How many urgent and priority tickets came in a second, over the hours in which any came."""
    rows = session.execute(
        select(
            QueueEntry.day,
            QueueEntry.lane,
            func.count().label("tickets"),
            func.min(QueueEntry.joined_at, type_=QueueEntry.joined_at.type).label("first"),
            func.max(QueueEntry.joined_at, type_=QueueEntry.joined_at.type).label("last"),
        )
        .where(
            QueueEntry.department_id == department_id,
            QueueEntry.state.in_(State),
            QueueEntry.day > day - LOOK_BACK,
        )
        .group_by(QueueEntry.day, QueueEntry.lane)
        .order_by(QueueEntry.day)
    ).all()
    open_seconds = 0.0
    for _day, lanes in groupby(rows, key=lambda row: row.day):
        own = list(lanes)
        open_seconds += (max(r.last for r in own) - min(r.first for r in own)).total_seconds()
    if open_seconds < 3600:
        return {}
    return {
        LANE_ORDER[lane]: sum(r.tickets for r in rows if r.lane is lane) / open_seconds
        for lane in (Lane.URGENT, Lane.PRIORITY)
    }


def measure(stays: Iterable[Stay]) -> dict[int, list[float]]:
    """How long each patient kept a room, by service, the latest first.

    Until the next call where somebody waited for it, so that what happens between two patients counts; else until the
    patient was done.
    """
    by_room = sorted(stays, key=lambda s: (s.day, s.room_id or 0, s.called_at))
    kept: list[tuple[dt.datetime, int, float]] = []
    for stay, following in zip_longest(by_room, by_room[1:]):
        end = stay.finished_at
        if following and _goes_on(stay, following):
            end = following.called_at
        kept.append((stay.called_at, stay.service_id, (end - stay.called_at).total_seconds()))
    measured: dict[int, list[float]] = {}
    for _called, service_id, seconds in sorted(kept, reverse=True):
        times = measured.setdefault(service_id, [])
        if seconds > 0 and len(times) < PER_SERVICE:
            times.append(seconds)
    return measured


def _goes_on(stay: Stay, following: Stay) -> bool:
    """Whether the next patient of the room waited already when this one left, and was called soon."""
    is_same_room = (stay.day, stay.room_id) == (following.day, following.room_id)
    pause = following.called_at - stay.finished_at
    return is_same_room and following.joined_at <= stay.finished_at and dt.timedelta() <= pause <= LONGEST_PAUSE
