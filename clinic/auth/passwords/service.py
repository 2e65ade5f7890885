"""Setting passwords: with a one-time code, or by whoever knows the present one."""

import datetime as dt
import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinic.audit.service import Actor, record
from clinic.auth.models import PasswordCode, User
from clinic.auth.passwords.queries import ALPHABET, code_digest
from clinic.auth.service import end_sessions, void_codes
from clinic.errors import Conflict

GROUPS, GROUP = 5, 4
CODE_LIFETIME = dt.timedelta(hours=24)


def give_code(session: Session, *, user: User, lifetime: dt.timedelta, actor: Actor, now: dt.datetime) -> str:
    """A one-time code (100 bits, in groups) with which `user` sets a password; it takes the place of an earlier one.

    Returned once and kept nowhere. The present password stays good until the code is used. Conflict for a user who is
    disabled.
    """
    if not user.is_active:
        raise Conflict("This user is disabled: enable them first.")
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    void_codes(session, user)
    row = PasswordCode(user_id=user.id, code_digest=code_digest(code), created_at=now, expires_at=now + lifetime)
    session.add(row)
    session.flush()
    record(session, "users.reset", "user", user.id, actor=actor, now=now, after={"expires_at": row.expires_at})
    return code


def set_with_code(session: Session, *, user: User, code: str, password_hash: str, now: dt.datetime) -> bool:
    """Use up a code and set the password; all sessions of the user end. False when the code is not good any more."""
    used = session.execute(
        delete(PasswordCode).where(
            PasswordCode.user_id == user.id,
            PasswordCode.code_digest == code_digest(code),
            PasswordCode.expires_at > now,
        )
    )
    if not user.is_active or not used.rowcount:  # type: ignore[attr-defined]
        return False
    user.password_hash = password_hash
    record(session, "users.set_password", "user", user.id, actor=user, now=now)
    end_sessions(session, user=user, actor=user, now=now)
    return True


def change_password(
    session: Session, *, user: User, password_hash: str, stay: int, actor: User, now: dt.datetime
) -> None:
    """Set a password for someone who has just given the present one; all sessions but `stay` end, codes are void."""
    user.password_hash = password_hash
    void_codes(session, user)
    record(session, "users.change_password", "user", user.id, actor=actor, now=now)
    end_sessions(session, user=user, actor=actor, now=now, stay=stay)


def forget_expired_codes(session: Session, *, now: dt.datetime) -> None:
    """Delete codes whose time is over."""
    session.execute(delete(PasswordCode).where(PasswordCode.expires_at <= now))
