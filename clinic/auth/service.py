"""Signing in and out, users and their passwords."""

import datetime as dt
import secrets

from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.audit.service import Actor, record
from clinic.auth.access import Role
from clinic.auth.models import User, UserSession
from clinic.auth.passwords import hashing
from clinic.auth.queries import find_user, token_digest
from clinic.errors import Conflict, Invalid

MIN_PASSWORD_CHARACTERS = 12


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    password: str,
    roles: list[Role],
    actor: Actor,
    now: dt.datetime,
) -> User:
    """A new member of staff. Invalid for a short password or no role, Conflict for a name in use."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise Invalid(f"A password needs at least {MIN_PASSWORD_CHARACTERS} characters.", "password")
    if not roles:
        raise Invalid("Give at least one role.", "roles")
    if find_user(session, username):
        raise Conflict("This user name is taken.")
    user = User(
        username=username.strip().casefold(),
        display_name=display_name.strip(),
        password_hash=hashing.make_hash(password),
        roles=[role.value for role in roles],
        created_at=now,
    )
    session.add(user)
    session.flush()
    after = {"username": user.username, "display_name": user.display_name, "roles": user.roles}
    record(session, "users.create", "user", user.id, actor=actor, now=now, after=after)
    return user


def start_session(session: Session, *, user: User, ip: str, user_agent: str, lifetime: int, now: dt.datetime) -> str:
    """A new session for a user whose password was checked; returns the cookie's token, kept nowhere else."""
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_digest=token_digest(token),
        user_id=user.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + dt.timedelta(seconds=lifetime),
        ip=ip,
        user_agent=user_agent[:300],
    )
    session.add(row)
    session.flush()
    record(session, "sessions.start", "session", row.id, actor=user, now=now, after={"ip": ip})
    return token


def touch_session(session: Session, *, session_id: int, now: dt.datetime) -> None:
    """Note that the browser is in use; not audited."""
    session.execute(update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now))


def revoke_session(session: Session, *, session_id: int, actor: User, now: dt.datetime) -> None:
    """End one of the actor's sessions; ending it twice changes nothing."""
    ended = session.execute(
        update(UserSession)
        .where(
            UserSession.id == session_id,
            UserSession.user_id == actor.id,
            UserSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if ended.rowcount:  # type: ignore[attr-defined]
        record(session, "sessions.revoke", "session", session_id, actor=actor, now=now)
