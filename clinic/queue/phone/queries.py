"""Reads of tickets by their address."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.directory.models import Department, Room, Service
from clinic.errors import NotFound
from clinic.queue.models import QueueEntry, State
from clinic.queue.phone.models import TicketLink
from clinic.queue.tokens import digest_token
from clinic.queue.waits.estimate import Wait
from clinic.queue.waits.outlook import Outlooks


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: how many are before it while it waits, and its expected wait where one can be given."""

    entry: QueueEntry
    ahead: int
    wait: Wait | None


def get_followed(session: Session, token: str, now: dt.datetime) -> QueueEntry:
    """The entry whose page has this address, with what the page says of it; NotFound once it has expired."""
    entry = session.scalar(
        select(QueueEntry)
        .join(TicketLink, TicketLink.entry_id == QueueEntry.id)
        .where(TicketLink.token_digest == digest_token(token), TicketLink.expires_at > now)
        .options(
            joinedload(QueueEntry.service, innerjoin=True).load_only(Service.name),
            joinedload(QueueEntry.department, innerjoin=True).load_only(Department.name),
            joinedload(QueueEntry.room).load_only(Room.name),
        )
    )
    if entry is None:
        raise NotFound(_("This ticket's page has expired. Please ask at the reception."))
    return entry


def find_token(session: Session, entry_id: int, now: dt.datetime) -> str | None:
    """The token of a ticket's page, unless it has expired."""
    link = session.get(TicketLink, entry_id)
    return link.token if link and link.expires_at > now else None


def get_place(session: Session, entry: QueueEntry, outlooks: Outlooks, now: dt.datetime) -> Place:
    """Where a ticket stands now."""
    if entry.state is not State.WAITING:
        return Place(entry, 0, None)
    outlook = outlooks.get(session, entry.department_id, day=entry.day, now=now, entry_id=entry.id)
    # Called meanwhile, an entry is not in it.
    ahead = outlook.ahead.get(entry.id, len(outlook.ahead))
    return Place(entry, ahead, outlook.waits.get(entry.id))
