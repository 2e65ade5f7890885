"""Pages of the patient list. Page 18,000 costs what page 1 costs: a cursor holds where the last page ended.

Patients without a value (no birth date, never seen) come last in both directions, the same on both databases.
"""

import datetime as dt
import enum
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from clinic.directory.models import Practitioner
from clinic.patients.listing.cursors import open_cursor, seal_cursor
from clinic.patients.listing.rows import valid_on
from clinic.patients.models import Coverage, Patient

# With so few patients left by the filters they are fetched and sorted; more are met soon enough along an index.
FEW = 1500
_AFTER_EVERY_NAME = "\U0010ffff"
_HAN = ("\u3400", "\u9fff")
_MAX_LETTERS = 200


class Sort(enum.StrEnum):
    NAME = "name"
    MRN = "mrn"
    BIRTH = "birth"
    VISIT = "visit"
    REGISTERED = "registered"


_KEYS: dict[Sort, InstrumentedAttribute[Any]] = {
    Sort.NAME: Patient.sort_name,
    Sort.MRN: Patient.mrn,
    Sort.BIRTH: Patient.birth_date,
    Sort.VISIT: Patient.last_visit_at,
    Sort.REGISTERED: Patient.registered_at,
}
_NULLABLE = (Sort.BIRTH, Sort.VISIT)
_READERS = {
    Sort.BIRTH: dt.date.fromisoformat,
    Sort.VISIT: dt.datetime.fromisoformat,
    Sort.REGISTERED: dt.datetime.fromisoformat,
}


@dataclass(frozen=True)
class Order:
    """By what a list is sorted; written "name" or "-name" in addresses."""

    sort: Sort = Sort.NAME
    descending: bool = False

    @classmethod
    def read(cls, text: str | None) -> "Order":
        """The order of an address; by name for what is none."""
        name = (text or "").removeprefix("-")
        return cls(Sort(name), (text or "").startswith("-")) if name in Sort._value2member_map_ else cls()

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.sort}"


@dataclass(frozen=True)
class Filters:
    """Which patients are listed; None means all. `ages` are whole years, both included, either may be None."""

    active: bool | None = True
    practitioner_id: int | None = None
    seen_since: dt.datetime | None = None
    ages: tuple[int | None, int | None] = (None, None)
    sex: str | None = None
    covered: bool | None = None


@dataclass(frozen=True)
class Position:
    """Where a page begins: after or before a cursor, or at the first name that begins with `start`."""

    after: str | None = None
    before: str | None = None
    start: str | None = None


@dataclass(frozen=True)
class IdPage:
    """Patients of one page in order, with the cursors of its neighbours (None where there is none)."""

    ids: list[int]
    next: str | None
    previous: str | None


def list_patients(
    session: Session, filters: Filters, order: Order, position: Position, *, today: dt.date, limit: int
) -> IdPage:
    """Up to `limit` patients from a position on. A bad cursor gives the first page."""
    backward = position.before is not None and position.after is None
    cursor = _read_cursor(position.before if backward else position.after, order)
    conditions = matching(filters, order, today)
    if conditions and order.sort != Sort.NAME:
        conditions = _narrowed(session, filters, conditions, today)
    if cursor is None and position.start and order.sort == Sort.NAME:
        conditions.append(_from_letter(position.start, order))
    reverse = backward and cursor is not None
    rows = _walk(session, conditions, order, cursor, reverse, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if reverse:
        rows.reverse()
    has_next = more or reverse
    has_previous = more if reverse else cursor is not None or bool(position.start)
    return IdPage(
        ids=[patient_id for patient_id, _value in rows],
        next=_cursor_at(rows[-1:]) if has_next else None,
        previous=_cursor_at(rows[:1]) if has_previous else None,
    )


def _letters_query() -> Select[tuple[str]]:
    """The first name of each first letter: one step along the index for each, whatever the number of patients."""
    first = select(func.min(Patient.sort_name).label("name")).cte("letters", recursive=True)
    head = func.substr(first.c.name, 1, 1)
    passed = case((head.between(*_HAN), literal(_HAN[1])), else_=head).concat(_AFTER_EVERY_NAME)
    following = select(func.min(Patient.sort_name)).where(Patient.sort_name > passed).scalar_subquery()
    letters = first.union_all(select(following).where(first.c.name.is_not(None)))
    return select(letters.c.name).where(letters.c.name.is_not(None)).limit(_MAX_LETTERS)


_LETTERS = _letters_query()


def list_letters(session: Session) -> list[tuple[str, str]]:
    """Where the list by name may be entered: (label, start) for each first letter in use, Han as one."""
    return [_labelled(name[0]) for name in session.scalars(_LETTERS) if name]


def list_practitioner_choices(session: Session) -> list[tuple[int, str]]:
    """Practitioners that patients may be filtered by, by name."""
    query = select(Practitioner.id, Practitioner.display_name).where(Practitioner.is_active)
    return [
        (i, name) for i, name in session.execute(query.order_by(Practitioner.sort_name, Practitioner.id).limit(500))
    ]


def _labelled(letter: str) -> tuple[str, str]:
    if _HAN[0] <= letter <= _HAN[1]:
        return "漢", _HAN[0]
    return unicodedata.normalize("NFC", letter).upper(), letter


def _cursor_at(rows: list[tuple[int, Any]]) -> str | None:
    return seal_cursor(rows[0][1], rows[0][0]) if rows else None


def _read_cursor(cursor: str | None, order: Order) -> tuple[Any, int] | None:
    values = open_cursor(cursor, 2)
    if values is None or not isinstance(values[1], int):
        return None
    value, patient_id = values
    if value is None:
        return (None, patient_id) if order.sort in _NULLABLE else None
    try:
        read = _READERS.get(order.sort)
        return (read(value) if read else str(value)), patient_id
    except (TypeError, ValueError):
        return None


def _walk(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    order: Order,
    cursor: tuple[Any, int] | None,
    reverse: bool,
    limit: int,
) -> list[tuple[int, Any]]:
    """Up to `limit` (id, value) from the cursor on, against the order if `reverse`."""
    found: list[tuple[int, Any]] = []
    parts = [False, True] if order.sort in _NULLABLE else [False]
    for nulls in reversed(parts) if reverse else parts:
        skipped = cursor is not None and (cursor[0] is None) != nulls and (nulls if reverse else not nulls)
        if skipped or len(found) >= limit:
            continue
        start = cursor if cursor is not None and (cursor[0] is None) == nulls else None
        query = _part(conditions, order, start, reverse, nulls).limit(limit - len(found))
        found += [(patient_id, value) for patient_id, value in session.execute(query)]
    return found


def _part(
    conditions: Sequence[ColumnElement[bool]], order: Order, start: tuple[Any, int] | None, reverse: bool, nulls: bool
) -> Select[tuple[int, Any]]:
    """The patients with a value in order of it, or those without one in order of their ids."""
    key = _KEYS[order.sort]
    query = select(Patient.id, key).where(*conditions)
    if order.sort in _NULLABLE:
        query = query.where(key.is_(None) if nulls else key.is_not(None))
    descending = order.descending != reverse
    columns: list[Any] = [key, Patient.id]
    if start is not None:
        here: Any = Patient.id if nulls else tuple_(*columns)
        there: Any = start[1] if nulls else tuple_(literal(start[0], key.type), literal(start[1]))
        query = query.where(here < there if descending else here > there)
    return query.order_by(*(column.desc() if descending else column for column in columns))


def matching(filters: Filters, order: Order, today: dt.date) -> list[ColumnElement[bool]]:
    """The conditions that leave the patients of a filter, for a query in this order."""
    found: list[ColumnElement[bool]] = [Patient.merged_into_id.is_(None)]
    if filters.active is not None:
        found.append(Patient.is_active.is_(filters.active))
    if filters.practitioner_id is not None:
        found.append(Patient.practitioner_id == filters.practitioner_id)
    if filters.seen_since is not None:
        found.append(_walked(Patient.last_visit_at, order, Sort.VISIT) >= filters.seen_since)
    youngest, oldest = filters.ages
    born = _walked(Patient.birth_date, order, Sort.BIRTH)
    if youngest is not None:
        found.append(born <= _years_before(today, youngest))
    if oldest is not None:
        found.append(born > _years_before(today, oldest + 1))
    if filters.sex is not None:
        found.append(Patient.sex == filters.sex)
    if filters.covered is not None:
        covered = exists().where(Coverage.patient_id == Patient.id, valid_on(today))
        found.append(covered if filters.covered else ~covered)
    return found


def _walked(column: InstrumentedAttribute[Any], order: Order, sort: Sort) -> Any:
    """A column to filter by; hidden from the planner unless the list is sorted by it, so that it never sorts a
    million rows that it could meet in order."""
    return column if order.sort == sort else func.coalesce(column, column, type_=column.type)


def _narrowed(
    session: Session, filters: Filters, conditions: list[ColumnElement[bool]], today: dt.date
) -> list[ColumnElement[bool]]:
    """The conditions, or the ids that meet them when they are few: found along the index that holds all filters."""
    if filters == Filters() or filters == Filters(active=None):
        return conditions
    by_name = Order()
    query = select(Patient.id).where(*matching(filters, by_name, today)).order_by(Patient.sort_name, Patient.id)
    ids = list(session.scalars(query.limit(FEW + 1)))
    return [Patient.id.in_(ids)] if len(ids) <= FEW else conditions


def _from_letter(start: str, order: Order) -> ColumnElement[bool]:
    return Patient.sort_name < start + _AFTER_EVERY_NAME if order.descending else Patient.sort_name >= start


def _years_before(day: dt.date, years: int) -> dt.date:
    year = max(day.year - years, 1)
    return day.replace(year=year, day=min(day.day, 28)) if (day.month, day.day) == (2, 29) else day.replace(year=year)
