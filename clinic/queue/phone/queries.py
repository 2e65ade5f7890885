"""Reads of tickets by their address."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from clinic.directory.models import Department, Room, Service
from clinic.errors import NotFound
from clinic.queue.models import OPEN_STATES, QueueEntry, State, ticket_name
from clinic.queue.phone.models import TicketLink
from clinic.queue.tokens import digest_token
from clinic.queue.waits.estimate import Wait
from clinic.queue.waits.outlook import Outlooks


class Followed(NamedTuple):
    """What the page of a ticket says of it. A hundred of these a second are asked for, so they are rows, not objects of
    the session."""

    id: int
    state: State
    day: dt.date
    prefix: str
    number: int
    joined_at: dt.datetime
    called_at: dt.datetime | None
    call_count: int
    department_id: int
    department: str
    service: str
    room: str | None

    @property
    def ticket(self) -> str:
        return ticket_name(self.prefix, self.number)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: how many are before it while it waits, and its expected wait where one can be given."""

    entry: Followed
    ahead: int
    wait: Wait | None


def _followed() -> Select[Any]:
    """Built once: parameters are `token_digest` and `now`."""
    one = QueueEntry
    named = (one.id, one.state, one.day, one.prefix, one.number, one.joined_at, one.called_at, one.call_count)
    return (
        select(*named, one.department_id, Department.name, Service.name, Room.name)
        .join(TicketLink, TicketLink.entry_id == one.id)
        .join(Department, Department.id == one.department_id)
        .join(Service, Service.id == one.service_id)
        .outerjoin(Room, Room.id == one.room_id)
        .where(
            TicketLink.token_digest == bindparam("token_digest"),
            TicketLink.expires_at > bindparam("now"),
        )
    )


_FOLLOWED = _followed()


def get_followed(session: Session, token: str, now: dt.datetime) -> Followed:
    """The ticket whose page has this address; NotFound once it has expired."""
    row = session.execute(_FOLLOWED, {"token_digest": digest_token(token), "now": now}).one_or_none()
    if row is None:
        raise NotFound(_("This ticket's page has expired. Please ask at the reception."))
    return Followed._make(row)


_TOKEN = select(TicketLink.token).where(
    TicketLink.entry_id == bindparam("entry_id"), TicketLink.expires_at > bindparam("now")
)


def find_token(session: Session, entry_id: int, now: dt.datetime) -> str | None:
    """The token of a ticket's page, unless it has expired."""
    return session.scalar(_TOKEN, {"entry_id": entry_id, "now": now})


def get_place(session: Session, entry: Followed, outlooks: Outlooks, now: dt.datetime) -> Place:
    """Where a ticket stands now."""
    if entry.state is not State.WAITING:
        return Place(entry, 0, None)
    outlook = outlooks.get(session, entry.department_id, day=entry.day, now=now, entry_id=entry.id)
    # Called meanwhile, an entry is not in it.
    ahead = outlook.ahead.get(entry.id, len(outlook.ahead))
    return Place(entry, ahead, outlook.waits.get(entry.id))
