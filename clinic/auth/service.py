"""Signing in and out, users and their passwords."""

import datetime as dt
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from clinic.audit.service import Actor, SystemActor, record
from clinic.auth.access import Role
from clinic.auth.models import SignInFailure, User, UserSession
from clinic.auth.queries import count_failures, find_user, token_digest
from clinic.errors import Conflict, Invalid

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 iterations, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when the name is unknown, so that both answers take the same time.
_DUMMY_HASH = _HASHER.hash(secrets.token_urlsafe(16))
MIN_PASSWORD_CHARACTERS = 12
FAILURE_WINDOW = dt.timedelta(minutes=15)
MAX_FAILURES_PER_NAME = 8
MAX_FAILURES_PER_ADDRESS = 40


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
        password_hash=_HASHER.hash(password),
        roles=[role.value for role in roles],
        created_at=now,
    )
    session.add(user)
    session.flush()
    after = {"username": user.username, "display_name": user.display_name, "roles": user.roles}
    record(session, "users.create", "user", user.id, actor=actor, now=now, after=after)
    return user


def password_matches(user: User | None, password: str) -> bool:
    """Whether `password` is the user's; takes as long for an unknown user. Slow on purpose: call it outside
    a transaction."""
    try:
        return _HASHER.verify(user.password_hash if user else _DUMMY_HASH, password) and user is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def too_many_failures(session: Session, *, username: str, ip: str, now: dt.datetime) -> bool:
    """Whether sign-in is closed for this name or from this address for the moment."""
    by_name, by_ip = count_failures(
        session, since=now - FAILURE_WINDOW, name_digest=token_digest(username.strip().casefold()), ip=ip
    )
    return by_name >= MAX_FAILURES_PER_NAME or by_ip >= MAX_FAILURES_PER_ADDRESS


def record_failure(session: Session, *, username: str, ip: str, now: dt.datetime) -> None:
    """Count a wrong password; what is older than a day is forgotten."""
    session.execute(delete(SignInFailure).where(SignInFailure.at < now - dt.timedelta(days=1)))
    session.add(SignInFailure(name_digest=token_digest(username.strip().casefold()), ip=ip, at=now))
    session.flush()
    record(session, "sessions.refuse", "session", None, actor=SystemActor("sign-in"), now=now, after={"ip": ip})


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
    session.execute(delete(SignInFailure).where(SignInFailure.name_digest == token_digest(user.username)))
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
