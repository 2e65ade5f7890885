"""Reads of one-time codes."""

import datetime as dt
import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.auth.models import PasswordCode, User

# Letters and digits that are not taken for each other when read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def code_digest(typed: str) -> bytes:
    """What is kept of a code, however it was typed: in groups or not, in any case, O for zero."""
    read = "".join(c for c in typed.upper().translate(_MISREAD) if c in ALPHABET)
    return hashlib.sha256(read.encode()).digest()


def holds_code(session: Session, user_id: int, typed: str, *, now: dt.datetime) -> bool:
    """Whether `typed` is the unused, unexpired one-time code of this user, who is active."""
    found = select(User.id).join(PasswordCode, PasswordCode.user_id == User.id)
    found = found.where(User.id == user_id, User.is_active, PasswordCode.expires_at > now)
    return session.scalar(found.where(PasswordCode.code_digest == code_digest(typed))) is not None


def list_waiting_codes(session: Session, *, now: dt.datetime) -> dict[int, dt.datetime]:
    """Users with an unused code, and until when it is good."""
    rows = session.execute(select(PasswordCode.user_id, PasswordCode.expires_at).where(PasswordCode.expires_at > now))
    return {row.user_id: row.expires_at for row in rows}
