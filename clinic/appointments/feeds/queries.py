"""Reads of feeds. Who may not set up schedules sees only the feeds of their own calendar."""

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.feeds.models import CalendarFeed
from clinic.auth.models import User
from clinic.auth.queries import token_digest
from clinic.directory.models import Practitioner
from clinic.errors import NotFound, NotYours


def list_feeds(session: Session, actor: User) -> list[CalendarFeed]:
    """Feeds in use, by practitioner."""
    query = _visible(actor).options(joinedload(CalendarFeed.practitioner, innerjoin=True))
    return list(session.scalars(query.order_by(Practitioner.sort_name, CalendarFeed.id)))


def get_feed(session: Session, feed_id: int, actor: User) -> CalendarFeed:
    """A feed in use, or NotFound."""
    feed = session.scalar(_visible(actor).where(CalendarFeed.id == feed_id))
    if feed is None:
        is_others = session.get(CalendarFeed, feed_id) is not None
        raise (NotYours if is_others else NotFound)(_("There is no such address."))
    return feed


def list_practitioners(session: Session, actor: User) -> list[tuple[int, str]]:
    """(id, name) of those whose calendar this person may give an address."""
    query = select(Practitioner.id, Practitioner.display_name).where(Practitioner.is_active)
    if not actor.may("appointments.setup"):
        query = query.where(Practitioner.user_id == actor.id)
    return [(row.id, row.display_name) for row in session.execute(query.order_by(Practitioner.sort_name))]


def get_feed_by_token(session: Session, token: str) -> CalendarFeed:
    """The feed behind an address, or NotFound: unknown and revoked ones look the same."""
    query = select(CalendarFeed).options(joinedload(CalendarFeed.practitioner, innerjoin=True))
    feed = session.scalar(
        query.where(CalendarFeed.token_digest == token_digest(token), CalendarFeed.revoked_at.is_(None))
    )
    if feed is None:
        raise NotFound(_("This address is not in use."))
    return feed


def _visible(actor: User) -> Select[tuple[CalendarFeed]]:
    query = select(CalendarFeed).join(CalendarFeed.practitioner).where(CalendarFeed.revoked_at.is_(None))
    return query if actor.may("appointments.setup") else query.where(Practitioner.user_id == actor.id)
