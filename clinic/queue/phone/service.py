"""Giving tickets the address of their page, and taking it back."""

import datetime as dt

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from clinic.queue.phone.models import TicketLink
from clinic.queue.tokens import digest_token, new_token

LIFETIME = dt.timedelta(hours=18)
_ADD_LINK = insert(TicketLink.__table__)  # type: ignore[arg-type]


def add_link(session: Session, *, entry_id: int, now: dt.datetime) -> None:
    """A fresh address for a ticket, for as long as a clinic day may last."""
    token = new_token()
    link = {"entry_id": entry_id, "token_digest": digest_token(token), "token": token, "expires_at": now + LIFETIME}
    session.execute(_ADD_LINK, link)


def remove_expired(session: Session, *, now: dt.datetime) -> int:
    """Forget addresses that have expired; returns how many."""
    removed = session.execute(delete(TicketLink).where(TicketLink.expires_at <= now))
    return int(removed.rowcount)  # type: ignore[attr-defined]
