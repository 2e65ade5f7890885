"""Reads of users and sessions."""

import datetime as dt
import hashlib

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from clinic.auth.models import SignInFailure, User, UserSession
from clinic.errors import NotFound


def token_digest(token: str) -> bytes:
    """What is kept of a secret token: a copy of the database signs nobody in."""
    return hashlib.sha256(token.encode()).digest()


# Built once, because every request asks: the parameter is `token_digest`.
_SESSION = select(UserSession).where(UserSession.token_digest == bindparam("token_digest"))


def _find_session(session: Session, token: str) -> UserSession | None:
    """The session of a token that nobody ended, of an active user."""
    found = session.scalar(_SESSION, {"token_digest": token_digest(token)})
    return found if found is not None and found.revoked_at is None and found.user.is_active else None


def find_live_session(session: Session, token: str, *, now: dt.datetime, idle: int) -> UserSession | None:
    """The unrevoked, unexpired session of a cookie's token whose user is active, or None. `idle` in seconds."""
    found = _find_session(session, token)
    if found is None or now >= found.expires_at or now - found.last_seen_at > dt.timedelta(seconds=idle):
        return None
    return found


def find_ended_session(session: Session, token: str, *, now: dt.datetime) -> UserSession | None:
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


def count_failures(session: Session, *, since: dt.datetime, name_digest: bytes, ip: str) -> tuple[int, int]:
    """Failed sign-ins since an instant as (for this name, from this address)."""
    by_name = select(func.count()).where(SignInFailure.name_digest == name_digest, SignInFailure.at > since)
    by_ip = select(func.count()).where(SignInFailure.ip == ip, SignInFailure.at > since)
    return session.scalar(by_name) or 0, session.scalar(by_ip) or 0


def list_users(session: Session) -> list[User]:
    """Every member of staff by name; a clinic has tens, not thousands."""
    return list(session.scalars(select(User).order_by(User.display_name, User.id)))
