"""Reads of announcements and opening hours."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import NotFound
from clinic.queue.notices.models import Announcement, OpeningHours

SHOWN = 3


@dataclass(frozen=True)
class Notices:
    """What a waiting room is told today: lines of text, and the hours of the day; none where none were set up."""

    announcements: Sequence[str]
    hours: Sequence[OpeningHours]
    has_hours: bool


def get_notices(session: Session, day: dt.date) -> Notices:
    """The newest announcements of a day and its opening hours, in two queries."""
    is_current = (Announcement.starts_on <= day) & (Announcement.ends_on.is_(None) | (Announcement.ends_on >= day))
    lines = select(Announcement.text).where(is_current).order_by(Announcement.id.desc()).limit(SHOWN)
    hours = list_hours(session)
    return Notices(
        announcements=list(session.scalars(lines)),
        hours=[stretch for stretch in hours if stretch.weekday == day.weekday()],
        has_hours=bool(hours),
    )


def list_announcements(session: Session, day: dt.date) -> list[Announcement]:
    """Those shown on `day` or later, newest first."""
    query = select(Announcement).where(Announcement.ends_on.is_(None) | (Announcement.ends_on >= day))
    return list(session.scalars(query.order_by(Announcement.id.desc()).limit(100)))


def get_announcement(session: Session, announcement_id: int) -> Announcement:
    """The announcement, or NotFound."""
    found = session.get(Announcement, announcement_id)
    if found is None:
        raise NotFound(_("There is no such announcement."))
    return found


def list_hours(session: Session) -> list[OpeningHours]:
    """The opening hours of the week in order."""
    return list(session.scalars(select(OpeningHours).order_by(OpeningHours.weekday, OpeningHours.opens)))
