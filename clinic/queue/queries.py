"""Reads of entries and boards. Every board costs the same number of queries, however many wait."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.directory.models import Department, Room, Service
from clinic.errors import NotFound
from clinic.names import namesakes
from clinic.patients.models import Patient
from clinic.queue.models import (
    BUSY_STATES,
    CLOSED_STATES,
    LANE_ORDER,
    OPEN_STATES,
    QueueEntry,
    QueueEvent,
    RoomChoice,
    State,
)
from clinic.visits.models import Visit

WAITING_SHOWN = 60
CLOSED_SHOWN = 30


@dataclass(frozen=True)
class Board:
    """One department's day, each column in the order in which people go on, and what past days left open.

    `waiting` and `closed` hold what fits a screen; `counts` has the whole number of each state.
    """

    day: dt.date
    waiting: Sequence[QueueEntry]
    called: Sequence[QueueEntry]
    in_service: Sequence[QueueEntry]
    on_hold: Sequence[QueueEntry]
    closed: Sequence[QueueEntry]
    left_open: Sequence[QueueEntry]
    counts: dict[State, int]

    @property
    def patient_ids(self) -> set[int | None]:
        """Everybody on it; None for tickets of nobody known."""
        columns = (self.waiting, self.called, self.in_service, self.on_hold, self.closed, self.left_open)
        return {entry.patient_id for column in columns for entry in column}

    @property
    def namesakes(self) -> frozenset[int]:
        """The patients on the board whose name another one on it has too."""
        shown = (*self.waiting, *self.called, *self.in_service, *self.on_hold)
        return namesakes((e.patient_id, e.patient.display_name) for e in shown if e.patient)

    @property
    def closed_count(self) -> int:
        return sum(self.counts.get(state, 0) for state in CLOSED_STATES)


@dataclass(frozen=True)
class DepartmentLoad:
    """A department as the board chooser shows it; `since` is when its first waiting person joined."""

    department: Department
    waiting: int
    busy: int
    since: dt.datetime | None


def calling_order() -> list[ColumnElement[object]]:
    """Lane, then arrival: who is called next."""
    return [case(LANE_ORDER, value=QueueEntry.lane), QueueEntry.joined_at.expression, QueueEntry.id.expression]


def get_entry(session: Session, entry_id: int, *, lock: bool = False) -> QueueEntry:
    """The entry, or NotFound. With `lock` nobody else moves it until the transaction ends."""
    entry = session.get(QueueEntry, entry_id, with_for_update=lock or None, populate_existing=True)
    if entry is None:
        raise NotFound(_("There is no such ticket."))
    return entry


def list_of_visit(session: Session, visit_id: int, *, lock: bool = False) -> list[QueueEntry]:
    """The tickets of a visit, oldest first, as they are now."""
    query = select(QueueEntry).where(QueueEntry.visit_id == visit_id).order_by(QueueEntry.id)
    if lock:
        query = query.with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def next_waiting(session: Session, department_id: int, day: dt.date) -> QueueEntry | None:
    """Who is to be called next, locked against a call of just this ticket at the same moment."""
    return session.scalar(
        select(QueueEntry)
        .where(
            QueueEntry.department_id == department_id,
            QueueEntry.state == State.WAITING,
            QueueEntry.day == day,
        )
        .order_by(*calling_order())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def get_board(session: Session, department_id: int, day: dt.date, *, room_id: int | None = None) -> Board:
    """Today's entries of a department in five queries.

    With `room_id`, those called, served or finished elsewhere are left out; whoever waits, waits for every room.
    """
    today = QueueEntry.day == day
    here = today if room_id is None else today & ((QueueEntry.room_id == room_id) | QueueEntry.room_id.is_(None))
    busy = list(session.scalars(_entries(department_id, BUSY_STATES).where(here)))
    closed = _entries(department_id, CLOSED_STATES).where(here).order_by(None)
    latest = closed.order_by(QueueEntry.finished_at.desc(), QueueEntry.id.desc()).limit(CLOSED_SHOWN)
    return Board(
        day=day,
        waiting=list(session.scalars(_entries(department_id, (State.WAITING,)).where(today).limit(WAITING_SHOWN))),
        called=sorted((e for e in busy if e.state is State.CALLED), key=_called_at, reverse=True),
        in_service=sorted((e for e in busy if e.state is State.IN_SERVICE), key=_called_at),
        on_hold=[e for e in busy if e.state is State.ON_HOLD],
        closed=list(session.scalars(latest)),
        left_open=list_left_open(session, department_id, day),
        counts=_count_states(session, department_id, here),
    )


def list_left_open(session: Session, department_id: int, day: dt.date) -> list[QueueEntry]:
    """Entries that days before `day` left unfinished, oldest first."""
    left = _entries(department_id, OPEN_STATES).where(QueueEntry.day < day).order_by(None)
    return list(session.scalars(left.order_by(QueueEntry.id).limit(CLOSED_SHOWN)))


def _count_states(session: Session, department_id: int, here: ColumnElement[bool]) -> dict[State, int]:
    rows = session.execute(
        select(QueueEntry.state, func.count())
        .where(QueueEntry.department_id == department_id, QueueEntry.state.in_(State), here)
        .group_by(QueueEntry.state)
    )
    return dict(rows.tuples().all())


def _called_at(entry: QueueEntry) -> dt.datetime:
    return entry.called_at or entry.joined_at


def _entries(department_id: int, states: Sequence[State]) -> Select[tuple[QueueEntry]]:
    """Entries with what a board shows of them, in calling order."""
    return (
        select(QueueEntry)
        .where(QueueEntry.department_id == department_id, QueueEntry.state.in_(states))
        .options(
            joinedload(QueueEntry.service, innerjoin=True).load_only(Service.name, Service.ticket_prefix),
            joinedload(QueueEntry.room).load_only(Room.name),
            joinedload(QueueEntry.patient).load_only(Patient.display_name, Patient.mrn),
            joinedload(QueueEntry.visit).load_only(Visit.state),
        )
        .order_by(*calling_order())
    )


def count_open(session: Session, day: dt.date, **of: int) -> int:
    """Tickets of a day that are not finished, of a department_id, room_id or service_id."""
    query = select(func.count(QueueEntry.id)).filter_by(**of)
    return session.scalar(query.where(QueueEntry.day == day, QueueEntry.state.in_(OPEN_STATES))) or 0


def list_departments(session: Session, day: dt.date) -> list[DepartmentLoad]:
    """Every active department with how many wait and are being seen today."""
    waiting = case((QueueEntry.state == State.WAITING, 1))
    joined = case((QueueEntry.state == State.WAITING, QueueEntry.joined_at))
    rows = session.execute(
        select(Department, func.count(waiting), func.count(QueueEntry.id) - func.count(waiting), func.min(joined))
        .outerjoin(
            QueueEntry,
            (QueueEntry.department_id == Department.id)
            & QueueEntry.state.in_((State.WAITING, State.CALLED, State.IN_SERVICE))
            & (QueueEntry.day == day),
        )
        .where(Department.is_active)
        .group_by(Department.id)
        .order_by(Department.position, Department.name)
    )
    return [DepartmentLoad(*row) for row in rows]


def get_department(session: Session, department_id: int) -> Department:
    """An active department, or NotFound."""
    department = session.get(Department, department_id)
    if department is None or not department.is_active:
        raise NotFound(_("There is no such department."))
    return department


def list_rooms(session: Session, department_id: int) -> list[Room]:
    """Active rooms of a department by name."""
    query = select(Room).where(Room.department_id == department_id, Room.is_active)
    return list(session.scalars(query.order_by(Room.name)))


def find_room_choice(session: Session, user_id: int, department_id: int) -> int | None:
    """The room this user last worked in, if it is still in use."""
    return session.scalar(
        select(RoomChoice.room_id)
        .join(Room, Room.id == RoomChoice.room_id)
        .where(RoomChoice.user_id == user_id, RoomChoice.department_id == department_id, Room.is_active)
    )


def list_open_of_patient(session: Session, patient_id: int, day: dt.date) -> list[QueueEntry]:
    """A patient's entries of this day that are not finished, oldest first."""
    return list(
        session.scalars(
            select(QueueEntry)
            .where(
                QueueEntry.patient_id == patient_id,
                QueueEntry.day == day,
                QueueEntry.state.in_(OPEN_STATES),
            )
            .options(joinedload(QueueEntry.service, innerjoin=True))
            .order_by(QueueEntry.id)
        )
    )


def list_events(session: Session, entry_ids: Sequence[int]) -> dict[int, list[QueueEvent]]:
    """The steps of each entry, oldest first."""
    found: dict[int, list[QueueEvent]] = {entry_id: [] for entry_id in entry_ids}
    query = (
        select(QueueEvent)
        .where(QueueEvent.entry_id.in_(entry_ids))
        .options(joinedload(QueueEvent.room), joinedload(QueueEvent.service, innerjoin=True))
        .order_by(QueueEvent.id)
    )
    for event in session.scalars(query):
        found[event.entry_id].append(event)
    return found


def find_last_event(session: Session, entry_id: int) -> QueueEvent | None:
    """The newest step of an entry."""
    return session.scalar(
        select(QueueEvent).where(QueueEvent.entry_id == entry_id).order_by(QueueEvent.id.desc()).limit(1)
    )


def get_event(session: Session, event_id: int) -> QueueEvent:
    """One step, or NotFound."""
    event = session.get(QueueEvent, event_id)
    if event is None:
        raise NotFound(_("There is no such step."))
    return event
