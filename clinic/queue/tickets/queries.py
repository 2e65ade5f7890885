"""What is printed on a ticket."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Date, Integer, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from clinic.db import UtcDateTime
from clinic.directory.models import Department, Service
from clinic.errors import NotFound
from clinic.queue.models import LANE_ORDER, Lane, QueueEntry, State, ticket_name
from clinic.queue.phone.models import TicketLink

AHEAD_COUNTED = 100


class Printed(NamedTuple):
    """A ticket as it is handed out; `token` is the key of its page, None once that has expired.

    Every ticket given is read like this: a row, not an object of the session.
    """

    id: int
    state: State
    day: dt.date
    prefix: str
    number: int
    lane: Lane
    joined_at: dt.datetime
    department_id: int
    department: str
    service: str
    token: str | None

    @property
    def ticket(self) -> str:
        return ticket_name(self.prefix, self.number)


def _printed() -> Select[Any]:
    """Built once: parameters are `id` and `now`."""
    one = QueueEntry
    own = (one.id, one.state, one.day, one.prefix, one.number, one.lane, one.joined_at, one.department_id)
    return (
        select(*own, Department.name, Service.name, TicketLink.token)
        .join(Department, Department.id == one.department_id)
        .join(Service, Service.id == one.service_id)
        .outerjoin(TicketLink, (TicketLink.entry_id == one.id) & (TicketLink.expires_at > bindparam("now")))
        .where(one.id == bindparam("id"))
    )


_PRINTED = _printed()


def get_printed(session: Session, entry_id: int, now: dt.datetime) -> Printed:
    """What is printed on this ticket, or NotFound."""
    row = session.execute(_PRINTED, {"id": entry_id, "now": now}).one_or_none()
    if row is None:
        raise NotFound(_("There is no such ticket."))
    return Printed._make(row)


def _ahead_query() -> Select[tuple[int]]:
    """Built once: parameters are `department_id`, `day`, `lane` (its place in LANE_ORDER), `joined_at` and `id`."""
    order = case(LANE_ORDER, value=QueueEntry.lane)
    lane, joined_at = bindparam("lane", type_=Integer), bindparam("joined_at", type_=UtcDateTime)
    earlier = (QueueEntry.joined_at < joined_at) | (
        (QueueEntry.joined_at == joined_at) & (QueueEntry.id < bindparam("id", type_=Integer))
    )
    before = select(QueueEntry.id).where(
        QueueEntry.department_id == bindparam("department_id", type_=Integer),
        QueueEntry.state == State.WAITING,
        QueueEntry.day == bindparam("day", type_=Date),
        (order < lane) | ((order == lane) & earlier),
    )
    return select(func.count()).select_from(before.limit(AHEAD_COUNTED).subquery())


_AHEAD = _ahead_query()


def count_ahead(session: Session, entry: Printed) -> int:
    """How many wait before this waiting entry; nobody counts on beyond AHEAD_COUNTED."""
    names = ("department_id", "day", "joined_at", "id")
    mine = {name: getattr(entry, name) for name in names} | {"lane": LANE_ORDER[entry.lane]}
    return session.scalar(_AHEAD, mine) or 0
