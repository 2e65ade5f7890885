"""A form sent twice makes one thing: its key, bound to who sent what, and the one look for what it made before."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from clinic.crypto import key_ring
from clinic.db import Idempotent, wait_alone
from clinic.errors import KeyUsed

M = TypeVar("M", bound=Idempotent)


@dataclass(frozen=True)
class Key:
    """The key of a form and the digest of who sent what with it; `web/sent.py` makes one of a request."""

    value: str
    digest: bytes


def key_of(value: str, *content: object) -> Key:
    """The key of what is made without a form; `content` is what the same key must always stand for."""
    return Key(value, key_ring().blind_index("made", "\x00".join(map(str, (value, *content)))))


def made_with(key: Key | None) -> dict[str, Any]:
    """The columns of a row made with a key."""
    return {
        "idempotency_key": key.value if key else None,
        "idempotency_digest": key.digest if key else None,
    }


def find_made(session: Session, model: type[M], key: Key | None) -> M | None:
    """The row that this form made when it was sent before; None when it was not, or when there is no key.

    Ask before anything else is locked: of two at once the second waits here until the first is done. KeyUsed when
    the key was sent with other content, by somebody else, or before contents were kept (the row has no digest).
    """
    if key is None:
        return None
    _wait_for_first(session, model, key)
    row: M | None = session.scalar(_row_of_key(model), {"key": key.value})  # type: ignore[arg-type]
    if row is None:
        return None
    if row.idempotency_digest is None or not hmac.compare_digest(row.idempotency_digest, key.digest):
        raise KeyUsed(_("This form was sent before with other content, and that was kept."), row)
    return row


@lru_cache(maxsize=64)
def _row_of_key(model: Any) -> Select[Any]:
    """Made once for each table: it is part of every check-in and every call."""
    return select(model).where(model.idempotency_key == bindparam("key"))


def _wait_for_first(session: Session, model: type[Idempotent], key: Key) -> None:
    """One transaction at a time has a key."""
    name = f"{model.__name__}:{key.value}".encode()
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    wait_alone(session, number)
