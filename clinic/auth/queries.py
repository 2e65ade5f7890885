"""Reads of users and sessions."""

import datetime as dt
import hashlib
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from clinic.auth.models import User, UserSession
from clinic.errors import NotFound


def token_digest(token: str) -> bytes:
    """What is kept of a secret token: a copy of the database signs nobody in."""
    return hashlib.sha256(token.encode()).digest()


class LiveSession(NamedTuple):
    """A session that nobody ended, of an active user. Every request asks for one: rows, not objects of the session.

    `user` is a copy of its own: a transaction expires what it read, and each write would read its actor again.
    """

    id: int
    last_seen_at: dt.datetime
    expires_at: dt.datetime
    user: User


_USER_COLUMNS = tuple(column.key for column in User.__mapper__.column_attrs)
# Built once: the parameter is `token_digest`.
_SESSION = (
    select(
        UserSession.id,
        UserSession.last_seen_at,
        UserSession.expires_at,
        *(getattr(User, name).label(f"user_{name}") for name in _USER_COLUMNS),
    )
    .join(User, User.id == UserSession.user_id)
    .where(
        UserSession.token_digest == bindparam("token_digest"),
        UserSession.revoked_at.is_(None),
        User.is_active,
    )
)


def _find_session(session: Session, token: str) -> LiveSession | None:
    """The session of a token that nobody ended, of an active user."""
    row = session.execute(_SESSION, {"token_digest": token_digest(token)}).one_or_none()
    if row is None:
        return None
    return LiveSession(row.id, row.last_seen_at, row.expires_at, User(**dict(zip(_USER_COLUMNS, row[3:], strict=True))))


def session_topic(session_id: int) -> str:
    """The live event of a session that somebody ended: its streams end with it."""
    return f"session:{session_id}"


def goes_on(session: Session, session_id: int, *, now: dt.datetime, idle: int) -> bool:
    """Whether this session is unrevoked and unexpired, and its user active. `idle` in seconds."""
    columns = select(UserSession.last_seen_at, UserSession.expires_at).join(User, User.id == UserSession.user_id)
    active = UserSession.id == session_id, UserSession.revoked_at.is_(None), User.is_active
    row = session.execute(columns.where(*active)).one_or_none()
    return row is not None and _is_within(row.last_seen_at, row.expires_at, now=now, idle=idle)


def _is_within(last_seen_at: dt.datetime, expires_at: dt.datetime, *, now: dt.datetime, idle: int) -> bool:
    # A clock that was put back by hours ends nothing. What lies days ahead was begun while it was wrong.
    is_of_now = last_seen_at - now < dt.timedelta(days=1)
    return now < expires_at and now - last_seen_at <= dt.timedelta(seconds=idle) and is_of_now


def find_live_session(session: Session, token: str, *, now: dt.datetime, idle: int) -> LiveSession | None:
    """The unrevoked, unexpired session of a cookie's token whose user is active, or None. `idle` in seconds."""
    found = _find_session(session, token)
    if found is None or not _is_within(found.last_seen_at, found.expires_at, now=now, idle=idle):
        return None
    return found


def find_ended_session(session: Session, token: str, *, now: dt.datetime) -> LiveSession | None:
    """A session that ran out by itself within the last day, whose user is active; None for one that somebody ended."""
    found = _find_session(session, token)
    return found if found and now - found.last_seen_at < dt.timedelta(days=1) else None


def find_user(session: Session, username: str) -> User | None:
    """The user with this name, in any case."""
    return session.scalar(select(User).where(User.username == username.strip().casefold()))


def get_user(session: Session, user_id: int) -> User:
    """The user, or NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def list_sessions(session: Session, user_id: int, *, now: dt.datetime) -> list[UserSession]:
    """Unrevoked, unexpired sessions of a user, newest first."""
    return list(
        session.scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.revoked_at.is_(None),
                UserSession.expires_at > now,
            )
            .order_by(UserSession.last_seen_at.desc())
        )
    )


def last_sign_ins(session: Session) -> dict[int, dt.datetime]:
    """When each user signed in last, as far as sessions are kept."""
    rows = session.execute(select(UserSession.user_id, func.max(UserSession.created_at)).group_by(UserSession.user_id))
    return {row[0]: row[1] for row in rows}


def count_sessions(session: Session, *, now: dt.datetime) -> dict[int, int]:
    """Sessions that go on, of each user who has any."""
    is_open = UserSession.revoked_at.is_(None) & (UserSession.expires_at > now)
    rows = session.execute(select(UserSession.user_id, func.count()).where(is_open).group_by(UserSession.user_id))
    return {row[0]: row[1] for row in rows}


def list_users(session: Session) -> list[User]:
    """Every member of staff by name; a clinic has tens, not thousands."""
    return list(session.scalars(select(User).order_by(User.display_name, User.id)))
