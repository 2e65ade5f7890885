"""The chain as described, computed a second time: HMAC-SHA256 over the previous digest and the entry."""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.audit.service import record, verify_chain
from clinic.crypto import key_ring
from clinic.db import transaction
from tests.audit.test_chain import behind_the_triggers
from tests.factories import NOW, TESTER

__all__ = ["behind_the_triggers"]
# The AUDIT_KEY of tests/conftest.py, before it is written in base64.
KEY = b"0123456789abcdefghijklmnopqrstu3"
RunSql = Callable[[str], None]


def expected_digest(previous: bytes, entry: AuditEntry) -> bytes:
    said = [
        entry.seq,
        entry.at.astimezone(dt.UTC).isoformat(),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.entity,
        entry.entity_id,
        entry.patient_id,
        entry.request_id,
        entry.before,
        entry.after,
    ]
    content = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hmac.new(KEY, previous + content, hashlib.sha256).digest()


def write(session: Session, *changes: tuple[dict[str, Any], dict[str, Any]]) -> list[AuditEntry]:
    with transaction(session):
        for number, (before, after) in enumerate(changes):
            record(session, "test.change", "thing", number, actor=TESTER, now=NOW, before=before, after=after)
    return list(session.query(AuditEntry).order_by(AuditEntry.seq))


@pytest.mark.guards("each audit entry is sealed together with the one before it, and with all that it says")
def test_the_digests_are_those_of_the_description(session: Session) -> None:
    entries = write(session, ({"name": "Zoë"}, {"name": "Chloë"}), ({"b": 1, "a": None}, {}), ({}, {"x": [1, "ü"]}))
    previous = bytes(32)
    for entry in entries:
        assert entry.digest == expected_digest(previous, entry)
        previous = entry.digest


@pytest.mark.guards("what a field held before a change cannot be altered in the audit log unnoticed")
def test_what_was_there_before_cannot_be_exchanged(session: Session, behind_the_triggers: RunSql) -> None:
    write(session, ({"dose": "5 mg"}, {"dose": "10 mg"}), ({"dose": "50 mg"}, {"dose": "10 mg"}))
    behind_the_triggers(
        "UPDATE audit_entries SET before = (SELECT o.before FROM audit_entries o WHERE o.seq = 2) WHERE seq = 1"
    )
    assert verify_chain(session).problem == "entry 1 was changed"


@pytest.mark.guards("an entry of another history of the same log does not fit into this one")
def test_an_entry_of_an_older_copy_of_the_log_is_found(session: Session, behind_the_triggers: RunSql) -> None:
    entries = write(session, ({}, {"n": 1}), ({}, {"n": 2}))
    # The same key, and an entry sealed after another one: what a copy of the database from before holds.
    last = entries[1]
    sealed = key_ring().seal(b'{"n":9}', b"audit_entries.after")
    last_digest = expected_digest(bytes(32), AuditEntry(**{c: getattr(last, c) for c in _COLUMNS}, after={"n": 9}))
    behind_the_triggers("SELECT 1")
    session.execute(
        text("UPDATE audit_entries SET after = :after, digest = :digest WHERE seq = 2"),
        {"after": sealed, "digest": last_digest},
    )
    session.expire_all()
    assert verify_chain(session).problem == "entry 2 was changed"


_COLUMNS = (
    "seq", "at", "actor_id", "actor_name", "action", "entity", "entity_id", "patient_id", "request_id", "before"
)  # fmt: skip
