"""Signing in and out, users and their passwords."""

import datetime as dt
import secrets

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, record
from clinic.auth.access import Role
from clinic.auth.models import PasswordCode, User, UserSession
from clinic.auth.passwords import hashing
from clinic.auth.passwords.rules import check_password
from clinic.auth.queries import find_user, session_topic, token_digest
from clinic.errors import Conflict, Invalid

# How long ended sessions are kept: for whoever asks where somebody was signed in.
ENDED_KEPT = dt.timedelta(days=30)


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    password: str | None,
    roles: list[Role],
    actor: Actor,
    now: dt.datetime,
    clinic_name: str = "",
) -> User:
    """A new member of staff; without a password until a one-time code sets one.

    Invalid for a password that is easy to guess or no role, Conflict for a name in use.
    """
    if password is not None:
        check_password(password, username=username.strip(), clinic_name=clinic_name)
    if not roles:
        raise Invalid("Give at least one role.", "roles")
    if find_user(session, username):
        raise Conflict("This user name is taken.")
    user = User(
        username=username.strip().casefold(),
        display_name=display_name.strip(),
        password_hash=hashing.make_hash(secrets.token_urlsafe(32) if password is None else password),
        roles=[role.value for role in roles],
        created_at=now,
    )
    session.add(user)
    session.flush()
    after = {"username": user.username, "display_name": user.display_name, "roles": user.roles}
    record(session, "users.create", "user", user.id, actor=actor, now=now, after=after)
    return user


def change_roles(session: Session, *, user: User, roles: list[Role], actor: Actor, now: dt.datetime) -> None:
    """Give a user these roles instead of those they have; it holds from their next request on. Invalid for none."""
    if not roles:
        raise Invalid("Give at least one role.", "roles")
    before, user.roles = user.roles, [role.value for role in roles]
    was, is_now = {"roles": before}, {"roles": user.roles}
    record(session, "users.change_roles", "user", user.id, actor=actor, now=now, before=was, after=is_now)


def disable_user(session: Session, *, user: User, actor: Actor, now: dt.datetime) -> int:
    """Let a user sign in no more; their sessions and a code that waits end at once. Returns how many sessions ended."""
    user.is_active = False
    void_codes(session, user)
    record(session, "users.disable", "user", user.id, actor=actor, now=now)
    return end_sessions(session, user=user, actor=actor, now=now)


def void_codes(session: Session, user: User) -> None:
    """Make a one-time code that waits good for nothing."""
    session.execute(delete(PasswordCode).where(PasswordCode.user_id == user.id))


def enable_user(session: Session, *, user: User, actor: Actor, now: dt.datetime) -> None:
    """Let a disabled user sign in again, with the password they had."""
    user.is_active = True
    record(session, "users.enable", "user", user.id, actor=actor, now=now)


def end_sessions(session: Session, *, user: User, actor: Actor, now: dt.datetime, stay: int | None = None) -> int:
    """End every session of `user` but the one with the id `stay`, at once; returns how many."""
    ended = session.scalars(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None), UserSession.id != (stay or 0))
        .values(revoked_at=now)
        .returning(UserSession.id)
    ).all()
    live.publish(session, *(session_topic(session_id) for session_id in ended))
    if ended:
        after = {"sessions": len(ended)}
        record(session, "sessions.end", "user", user.id, actor=actor, now=now, after=after)
    return len(ended)


def forget_ended_sessions(session: Session, *, now: dt.datetime) -> None:
    """Delete sessions that ended long ago, and those that a clock far ahead began."""
    long_ago = now - ENDED_KEPT
    is_over = (UserSession.expires_at < long_ago) | (UserSession.revoked_at < long_ago)
    session.execute(delete(UserSession).where(is_over | (UserSession.created_at > now + ENDED_KEPT)))


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
        live.publish(session, session_topic(session_id))
        record(session, "sessions.revoke", "session", session_id, actor=actor, now=now)
