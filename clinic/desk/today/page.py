"""What the Today screen shows: the lines of the day, narrowed and cut to what fits, and where calls go."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.cache import cached
from clinic.desk.today.queries import list_lines
from clinic.desk.today.rows import Group, Line, pack, unpack
from clinic.directory.models import Department, Room
from clinic.names import fold, namesakes
from clinic.paging import Page, page_after
from clinic.queue.models import RoomChoice

KEPT_SECONDS = 30
SHOWN = {Group.EXPECTED: 40, Group.WAITING: 40, Group.SEEING: 30, Group.DONE: 20, Group.MISSED: 20}


@dataclass(frozen=True)
class Narrowing:
    """What the lines are narrowed to; 0 and "" are everything."""

    typed: str = ""
    department_id: int = 0
    practitioner_id: int = 0

    def lets_pass(self, line: Line) -> bool:
        if self.department_id and line.department_id != self.department_id:
            return False
        if self.practitioner_id and line.practitioner_id != self.practitioner_id:
            return False
        return all(word in line.text for word in fold(self.typed).split())

    @property
    def is_set(self) -> bool:
        return self != Narrowing()


@dataclass(frozen=True)
class Column:
    """One group: the lines that fit, how many there are, and how many more the narrowing hides."""

    group: Group
    lines: Sequence[Line]
    count: int
    hidden: int


@dataclass(frozen=True)
class Today:
    """A day, narrowed; `total` counts the whole of it, `practitioners` are all who see somebody, by name.

    `namesakes` are the patients whose name another patient of the whole day has too.
    """

    day: dt.date
    columns: Sequence[Column]
    total: int
    practitioners: Sequence[tuple[int, str]]
    namesakes: frozenset[int]

    @property
    def count(self) -> int:
        return sum(column.count for column in self.columns)


@dataclass(frozen=True)
class Place:
    """Where a patient may be called to: a room, or a department without rooms."""

    department_id: int
    department: str
    room_id: int | None
    room: str | None

    @property
    def label(self) -> str:
        return f"{self.room} · {self.department}" if self.room else self.department

    @property
    def value(self) -> str:
        return f"{self.department_id}:{self.room_id or 0}"


def read_lines(session: Session, day: dt.date) -> list[Line]:
    """Everyone of a day; read again whenever something of it changed."""
    topics = (f"appointments:{day.isoformat()}", f"visits:{day.isoformat()}", "queue", "patients", "directory")
    return unpack(
        cached(
            session,
            f"today:{day.isoformat()}",
            lambda: pack(list_lines(session, day)),
            topics=topics,
            seconds=KEPT_SECONDS,
        )
    )


def read_today(session: Session, day: dt.date, narrowing: Narrowing) -> Today:
    """The whole screen."""
    lines = read_lines(session, day)
    passing = [line for line in lines if narrowing.lets_pass(line)] if narrowing.is_set else lines
    names = {line.practitioner_id: line.practitioner or "" for line in lines if line.practitioner_id}
    return Today(
        day=day,
        columns=[_column(group, passing, lines) for group in Group],
        total=len(lines),
        namesakes=find_namesakes(lines),
        practitioners=sorted(names.items(), key=lambda named: fold(named[1])),
    )


def _column(group: Group, passing: list[Line], everyone: list[Line]) -> Column:
    own = [line for line in passing if line.group is group]
    total = sum(line.group is group for line in everyone)
    return Column(group, own[: SHOWN[group]], len(own), total - len(own))


def read_group(lines: Sequence[Line], group: Group, narrowing: Narrowing, after: tuple[Any, ...] | None) -> Page[Line]:
    """One group of a day in full, a page at a time, after the order of the last line shown."""
    own = [line for line in lines if line.group is group and narrowing.lets_pass(line)]
    rest = [line for line in own if after is None or line.order > after]
    return page_after(rest, lambda line: line.order)


def find_namesakes(lines: Sequence[Line]) -> frozenset[int]:
    """The patients of a day whose name another one of that day has too."""
    return namesakes((line.patient_id, line.name) for line in lines)


def count_hidden(lines: Sequence[Line], group: Group, narrowing: Narrowing) -> int:
    """How many of a group the narrowing does not show."""
    return sum(line.group is group and not narrowing.lets_pass(line) for line in lines)


def list_places(session: Session) -> list[Place]:
    """Every place of the clinic to call to, by department."""
    query = (
        select(Department.id, Department.name, Room.id.label("room_id"), Room.name.label("room"))
        .outerjoin(Room, (Room.department_id == Department.id) & Room.is_active)
        .where(Department.is_active)
        .order_by(Department.position, Department.name, Room.position, Room.name)
    )
    return [Place(row.id, row.name, row.room_id, row.room) for row in session.execute(query)]


def usual_place(session: Session, places: Sequence[Place], user_id: int, last: str | None) -> str:
    """The only place, the one called to last in this browser, or a room this person last worked in; "" for none."""
    values = [place.value for place in places]
    if last in values or len(values) == 1:
        return last if last in values else values[0]
    chosen = select(RoomChoice.department_id, RoomChoice.room_id).where(RoomChoice.user_id == user_id)
    found = {f"{row.department_id}:{row.room_id}" for row in session.execute(chosen)}
    return next((value for value in values if value in found), "")
