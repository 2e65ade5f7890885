"""The log proves its own integrity: edits behind the triggers' back are found."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.audit.service import changes, record, verify_chain
from clinic.db import transaction
from tests.factories import NOW, TESTER


@pytest.fixture
def entries(session: Session) -> list[AuditEntry]:
    """Three entries written by one transaction and a fourth by another."""
    with transaction(session):
        for number in range(3):
            record(session, "test.write", "thing", number, actor=TESTER, now=NOW, after={"name": f"Zoë {number}"})
    with transaction(session):
        record(session, "test.change", "thing", 1, actor=TESTER, now=NOW, before={"name": "a"}, after={"name": "b"})
    return list(session.query(AuditEntry).order_by(AuditEntry.seq))


@pytest.fixture
def behind_the_triggers(session: Session) -> Callable[[str], None]:
    """Runs SQL as someone would who switched the protection off first."""

    def run(statement: str) -> None:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        else:
            session.execute(text("DROP TRIGGER audit_entries_no_update"))
            session.execute(text("DROP TRIGGER audit_entries_no_delete"))
        session.execute(text(statement))
        session.expire_all()

    return run


def test_an_untouched_log_is_sound(session: Session, entries: list[AuditEntry]) -> None:
    found = verify_chain(session)
    assert (found.problem, found.entries) == (None, len(entries))
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1))


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"])
@pytest.mark.usefixtures("entries")
def test_the_database_refuses_to_change_the_log(session: Session, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    session.rollback()


@pytest.mark.usefixtures("entries")
def test_an_edited_entry_is_found(session: Session, behind_the_triggers: Callable[[str], None]) -> None:
    behind_the_triggers("UPDATE audit_entries SET actor_name = 'nobody' WHERE seq = 2")
    assert verify_chain(session).problem == "entry 2 was changed"


@pytest.mark.usefixtures("entries")
def test_a_removed_entry_is_found(session: Session, behind_the_triggers: Callable[[str], None]) -> None:
    behind_the_triggers("DELETE FROM audit_entries WHERE seq = 2")
    assert verify_chain(session).problem == "entry 2 is missing"


@pytest.mark.usefixtures("entries")
def test_reordered_entries_are_found(session: Session, behind_the_triggers: Callable[[str], None]) -> None:
    behind_the_triggers("UPDATE audit_entries SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)")
    session.execute(text("UPDATE audit_entries SET seq = -seq WHERE seq < 0"))
    assert verify_chain(session).problem == "entry 2 was changed"


def test_a_log_cut_at_its_end_is_found_against_a_noted_head(
    session: Session, entries: list[AuditEntry], behind_the_triggers: Callable[[str], None]
) -> None:
    head = verify_chain(session).head
    assert verify_chain(session, head).problem is None
    behind_the_triggers(f"DELETE FROM audit_entries WHERE seq = {len(entries)}")
    assert verify_chain(session).problem is None
    assert "cut off" in (verify_chain(session, head).problem or "")


@pytest.mark.usefixtures("entries")
def test_a_rolled_back_change_leaves_no_entry(session: Session) -> None:
    before = verify_chain(session).entries
    with pytest.raises(RuntimeError, match="half way"), transaction(session):
        record(session, "test.write", "thing", 9, actor=TESTER, now=NOW)
        raise RuntimeError("half way")
    assert verify_chain(session).entries == before


@pytest.mark.usefixtures("entries")
def test_what_was_written_is_sealed_on_disk(session: Session) -> None:
    raw = session.execute(text("SELECT after FROM audit_entries WHERE seq = 1")).scalar_one()
    assert "Zoë".encode() not in bytes(raw)


def test_changes_keeps_only_what_differs() -> None:
    assert changes({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ({"b": 2, "c": None}, {"b": 3, "c": 4})
