"""Writing announcements and opening hours."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.crypto import canonical_json
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.queue.notices.models import Announcement, OpeningHours
from clinic.queue.notices.queries import get_announcement, list_hours

TOPIC = "notices"
Hours = Mapping[int, Sequence[tuple[dt.time, dt.time]]]


def add_announcement(
    session: Session,
    *,
    text: str,
    starts_on: dt.date,
    ends_on: dt.date | None,
    key: Key | None,
    actor: Actor,
    now: dt.datetime,
) -> Announcement:
    """A line for every screen; the same key sent twice gives the first."""
    first = find_made(session, Announcement, key)
    if first is not None:
        return first
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(_("This lies before the start."), "ends_on")
    announcement = Announcement(text=text, starts_on=starts_on, ends_on=ends_on, **made_with(key))
    session.add(announcement)
    session.flush()
    after = {"text": text, "starts_on": starts_on, "ends_on": ends_on}
    record(session, "notices.add", "announcement", announcement.id, actor=actor, now=now, after=after)
    live.publish(session, TOPIC)
    return announcement


def remove_announcement(session: Session, *, announcement_id: int, actor: Actor, now: dt.datetime) -> None:
    """Take an announcement off the screens; the audit log keeps it."""
    announcement = get_announcement(session, announcement_id)
    before = {"text": announcement.text, "starts_on": announcement.starts_on, "ends_on": announcement.ends_on}
    session.delete(announcement)
    session.flush()
    record(session, "notices.remove", "announcement", announcement_id, actor=actor, now=now, before=before)
    live.publish(session, TOPIC)


def version_of(hours: Sequence[OpeningHours]) -> str:
    """What somebody saw of the opening hours, to notice when another changed them meanwhile."""
    return hashlib.sha256(canonical_json(_written(hours))).hexdigest()[:32]


def set_hours(session: Session, *, hours: Hours, expected_version: str, actor: Actor, now: dt.datetime) -> None:
    """The opening hours of the week, by weekday (0 is Monday): all that there are. Conflict when they changed."""
    stored = list_hours(session)
    if version_of(stored) != expected_version:
        raise Conflict(_("Somebody changed these hours meanwhile. This is how they stand now."))
    before = _written(stored)
    session.execute(delete(OpeningHours))
    rows = [OpeningHours(weekday=d, opens=opens, closes=closes) for d, day in hours.items() for opens, closes in day]
    session.add_all(rows)
    session.flush()
    old, new = changes(before, _written(rows))
    if new:
        record(session, "notices.set_hours", "opening_hours", None, actor=actor, now=now, before=old, after=new)
        live.publish(session, TOPIC)


def _written(rows: Sequence[OpeningHours]) -> dict[str, list[str]]:
    """Each weekday's hours, as the audit log keeps them."""
    return {str(day): [f"{r.opens:%H:%M}-{r.closes:%H:%M}" for r in rows if r.weekday == day] for day in range(7)}
