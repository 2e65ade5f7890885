import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.db import after_commit, before_commit, db, transaction
from clinic.directory.models import Department


def test_every_connection_enforces_the_rules_of_data(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.scalar(text("SHOW timezone")) == "UTC"
            return
        pragmas = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("foreign_keys", "synchronous")}
        assert pragmas == {"foreign_keys": 1, "synchronous": 2}
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        assert tuple(int(n) for n in version.split(".")) >= (3, 51, 3)


def test_callbacks_run_after_the_commit_in_order(session: Session) -> None:
    happened: list[str] = []
    with transaction(session):
        after_commit(session, lambda: happened.append("first"))
        after_commit(session, lambda: happened.append("second"))
        before_commit(session, "key", lambda _session: happened.append("before"))
        assert happened == []
    assert happened == ["before", "first", "second"]


def test_a_rollback_undoes_everything_and_runs_no_callback(session: Session) -> None:
    happened: list[str] = []
    with pytest.raises(ValueError, match="half way"), transaction(session):
        session.add(Department(name="Cardiology"))
        session.flush()
        after_commit(session, lambda: happened.append("sent"))
        raise ValueError("half way")
    assert happened == []
    assert session.query(Department).count() == 0


def test_transactions_do_not_nest(session: Session) -> None:
    with transaction(session), pytest.raises(RuntimeError, match="does not nest"), transaction(session):
        pass


def test_changes_outside_a_transaction_are_refused(session: Session) -> None:
    session.add(Department(name="Cardiology"))
    with pytest.raises(RuntimeError, match="outside transaction"), transaction(session):
        pass


@pytest.mark.parametrize("function", [after_commit, lambda s, c: before_commit(s, "k", c)])
def test_hooks_need_an_open_transaction(session: Session, function: object) -> None:
    with pytest.raises(RuntimeError, match="open transaction"):
        function(session, lambda *_: None)  # type: ignore[operator]
