import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pysqlite3.dbapi2 as sqlite
import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from clinic import create_app
from clinic import db as rules
from clinic.config import Settings
from clinic.db import WRITE_OPTION, after_commit, before_commit, configure_engine, db, engine_options, transaction
from clinic.directory.models import Department, Room
from clinic.queue.models import TicketCounter
from tests.databases import fresh_database


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


@pytest.mark.guards("a row that refers to nothing is refused by the database")
def test_a_reference_to_nothing_is_refused(app: Flask, settings: Settings) -> None:
    # A new engine: the connections of the app's have been through the migrations, which switch this off and on.
    engine = create_engine(settings.database_url, **engine_options(settings.database_url, 2))
    configure_engine(engine)
    with engine.connect() as connection, pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        nowhere = {"department_id": 987_654_321, "name": "Nowhere", "is_active": True}
        connection.execute(Room.__table__.insert(), nowhere)
    engine.dispose()


@pytest.mark.guards("a connection on which references are not enforced is never used")
def test_a_connection_that_does_not_enforce_references_is_refused() -> None:
    raw = sqlite.connect(":memory:", isolation_level=None)
    # A library built without them, or a mode that ignores the wish, says nothing either.
    raw.set_authorizer(lambda _action, name, value, *_: sqlite.SQLITE_IGNORE if name == "foreign_keys" and value else 0)
    with pytest.raises(RuntimeError, match="refused to enforce foreign keys"):
        rules._set_sqlite_pragmas(raw, None)
    raw.close()


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


def _two_writers(settings: Settings, folder: object) -> tuple[Engine, Engine]:
    """Two engines on one SQLite file: what two processes of the clinic are to it."""
    if not settings.is_sqlite:
        pytest.skip("about SQLite's one write lock")
    url = f"sqlite:///{folder}/two.sqlite3"
    engines = [create_engine(url, **engine_options(url, 2)) for _ in range(2)]
    for engine in engines:
        configure_engine(engine)
    return engines[0], engines[1]


def test_what_failed_is_rolled_back_before_the_next_writer_has_the_turn(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    @contextmanager
    def turn(_session: Session) -> Iterator[None]:
        try:
            yield
        finally:
            order.append("the turn is given back")

    monkeypatch.setattr(rules, "_turn", turn)
    event.listen(session, "after_soft_rollback", lambda *_: order.append("rolled back"))
    with pytest.raises(ZeroDivisionError), transaction(session):
        order.clear()
        raise ZeroDivisionError
    assert order[-2:] == ["rolled back", "the turn is given back"]


def test_a_writer_gives_up_in_the_end(settings: Settings, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _two_writers(settings, tmp_path)
    monkeypatch.setattr(rules, "BUSY_SECONDS", 0.1)
    with first.connect().execution_options(**{WRITE_OPTION: True}) as holder:
        holder.exec_driver_sql("SELECT 1")
        with second.connect().execution_options(**{WRITE_OPTION: True}) as waiting, pytest.raises(OperationalError):
            waiting.exec_driver_sql("SELECT 1")


def test_writers_of_one_process_take_turns_and_lose_nothing(settings: Settings) -> None:
    with fresh_database(settings) as own:
        app = create_app(own)
        key = (dt.date(2026, 3, 2), "A")
        with app.app_context():
            db.metadata.tables["ticket_counters"].create(db.engine)
            with transaction() as session:
                session.add(TicketCounter(day=key[0], prefix=key[1], last_number=0))

        def count() -> None:
            with app.app_context():
                for _ in range(25):
                    with transaction() as session:
                        session.get_one(TicketCounter, key, with_for_update=True).last_number += 1

        writers = [threading.Thread(target=count) for _ in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        with app.app_context():
            assert db.session.get_one(TicketCounter, key).last_number == 150
        with app.app_context():
            db.engine.dispose()
