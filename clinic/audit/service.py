"""Writing the log and proving that nobody changed it.

Entries are collected during a transaction and sealed last thing before its COMMIT, so that the lock that
orders the chain is always taken last and held briefly. Each digest is
HMAC-SHA-256(audit key, previous digest | canonical JSON of the entry).
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.crypto import canonical_json
from clinic.db import before_commit, wait_alone
from clinic.tracing import request_id

GENESIS = bytes(32)
CHAIN_LOCK = 7_203_155_001
_PENDING = "audit"


class Actor(Protocol):
    """Whoever acts: a signed-in user, or the system itself."""

    @property
    def actor_id(self) -> int | None: ...

    @property
    def actor_name(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    """The software acting by itself: a schedule, the command line, an anonymous device."""

    actor_name: str
    actor_id: int | None = None


class _Key:
    current: bytes = b""


def use_audit_key(key: bytes) -> None:
    """Set the key of the chain; called once at start."""
    _Key.current = key


def keyed_digest(of: bytes) -> bytes:
    """A digest under the chain's key: a key of its own for another purpose, named by `of`."""
    return hmac.digest(_Key.current, of, hashlib.sha256)


def record(
    session: Session,
    action: str,
    entity: str,
    entity_id: int | None,
    *,
    actor: Actor,
    now: dt.datetime,
    patient_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    request: str | None = None,
) -> dict[str, Any]:
    """Add an entry to the open transaction. `action` is "area.verb"; before and after hold what changed.

    `request` is the id of the request it belongs to, by default the one under way. Returns the entry: once it is
    sealed, its `seq` stands in it.
    """
    entry = {
        "at": now,
        "actor_id": actor.actor_id,
        "actor_name": actor.actor_name,
        "action": action,
        "entity": entity,
        "entity_id": entity_id,
        "patient_id": patient_id,
        "request_id": request or request_id.get(),
        "before": plain(before),
        "after": plain(after),
    }
    before_commit(session, _PENDING, _Sealer()).entries.append(entry)
    return entry


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the keys whose values differ, as (before, after)."""
    keys = [k for k in after if before.get(k) != after[k]]
    return {k: before.get(k) for k in keys}, {k: after[k] for k in keys}


def plain(value: Any) -> Any:
    """JSON types only, so that what is hashed is what is read back."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return str(value)


class _Sealer:
    """The entries of one transaction, written to the chain when it commits; a rollback forgets them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def __call__(self, session: Session) -> None:
        _seal(session, self.entries)


_HEAD = select(AuditEntry.seq, AuditEntry.digest).order_by(AuditEntry.seq.desc()).limit(1)
# Rows, not objects: nobody looks at an entry again in the transaction that wrote it.
_APPEND = insert(AuditEntry.__table__)  # type: ignore[arg-type]
# What a digest says of an entry after its number and time, in this order.
_SAID = ("actor_id", "actor_name", "action", "entity", "entity_id", "patient_id", "request_id", "before", "after")


def _seal(session: Session, entries: list[dict[str, Any]]) -> None:
    session.flush()
    wait_alone(session, CHAIN_LOCK)
    last = session.execute(_HEAD).one_or_none()
    seq, digest = (last.seq, last.digest) if last else (0, GENESIS)
    for entry in entries:
        seq += 1
        digest = _digest(digest, seq, entry)
        entry.update(seq=seq, digest=digest)
    session.execute(_APPEND, entries)


def _digest(previous: bytes, seq: int, entry: Mapping[Any, Any]) -> bytes:
    content = canonical_json([seq, entry["at"].astimezone(dt.UTC).isoformat(), *(entry[name] for name in _SAID)])
    return hmac.digest(_Key.current, previous + content, hashlib.sha256)


@dataclass(frozen=True)
class Verification:
    """Outcome of verify_chain(): entries read, and the first problem found, if one.

    Without `is_anchored` nothing was given that would show whether entries are missing at the end.
    """

    entries: int
    problem: str | None
    head: str
    is_anchored: bool = False


def verify_chain(session: Session, expected_head: str | None = None) -> Verification:
    """Recompute the whole chain in bounded memory.

    Detects edited, removed, inserted and reordered entries. A log cut at its end is only visible against a
    head noted earlier: pass it as `expected_head` ("<seq>:<digest in hex>").
    """
    expected_seq, digest, seen = 0, GENESIS, expected_head is None
    for entry in _entries(session):
        expected_seq += 1
        if entry.seq != expected_seq:
            return Verification(expected_seq - 1, f"entry {expected_seq} is missing", "")
        digest_now = _digest(digest, entry.seq, entry._mapping)
        if not hmac.compare_digest(digest_now, entry.digest):
            return Verification(expected_seq - 1, f"entry {entry.seq} was changed", "")
        digest = digest_now
        seen = seen or f"{entry.seq}:{digest.hex()}" == expected_head
    head = f"{expected_seq}:{digest.hex()}"
    problem = None if seen else "the log does not contain the expected head: its end was cut off"
    return Verification(expected_seq, problem, head, is_anchored=expected_head is not None)


def _entries(session: Session) -> Iterator[Row[Any]]:
    query = select(*AuditEntry.__table__.columns).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    with closing(session.execute(query)) as entries:
        yield from entries
