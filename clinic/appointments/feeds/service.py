"""Writes: giving a calendar an address, and taking it away."""

import datetime as dt
import secrets

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.appointments.feeds.models import CalendarFeed
from clinic.appointments.feeds.queries import get_feed, list_practitioners
from clinic.audit.service import record
from clinic.auth.models import User
from clinic.auth.queries import token_digest
from clinic.errors import Invalid
from clinic.idempotency import Key, find_made, made_with

TOKEN_BYTES = 32
READ_EVERY = dt.timedelta(minutes=5)


def create_feed(
    session: Session,
    *,
    practitioner_id: int,
    shows_names: bool,
    key: Key | None,
    actor: User,
    now: dt.datetime,
) -> tuple[CalendarFeed, str | None]:
    """A feed and the token of its address (256 random bits), which is not kept and cannot be shown again.

    The same key sent twice gives the first feed and no token. Invalid for a calendar that is not the actor's.
    """
    first = find_made(session, CalendarFeed, key)
    if first is not None:
        return first, None
    if practitioner_id not in dict(list_practitioners(session, actor)):
        raise Invalid(_("Choose a practitioner."), "practitioner_id")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed(
        practitioner_id=practitioner_id,
        token_digest=token_digest(token),
        shows_names=shows_names,
        created_at=now,
        **made_with(key),
    )
    session.add(feed)
    session.flush()
    after = {"practitioner_id": practitioner_id, "shows_names": shows_names}
    record(session, "feeds.create", "calendar_feed", feed.id, actor=actor, now=now, after=after)
    return feed, token


def revoke_feed(session: Session, *, feed_id: int, actor: User, now: dt.datetime) -> None:
    """End an address for good."""
    feed = get_feed(session, feed_id, actor)
    feed.revoked_at = now
    record(session, "feeds.revoke", "calendar_feed", feed.id, actor=actor, now=now)


def is_note_due(feed: CalendarFeed, now: dt.datetime) -> bool:
    """Whether it is long enough ago that a reading was noted."""
    return feed.last_read_at is None or feed.last_read_at < now - READ_EVERY


def note_read(session: Session, *, feed_id: int, now: dt.datetime) -> None:
    """Keep when the address was last read, so that unused ones can be told."""
    session.execute(update(CalendarFeed).where(CalendarFeed.id == feed_id).values(last_read_at=now))
