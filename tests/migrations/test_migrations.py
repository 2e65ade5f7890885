"""Up, down and up again with data in place; models and migrations never drift; a lossy migration is refused."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection

from clinic import create_app
from clinic.config import Settings
from clinic.db import Base, db
from migrations.checks import assert_references, count_rows, include_object, lost_rows
from tests.databases import fresh_database


@pytest.fixture
def empty(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """An app on a database of its own that holds nothing yet."""
    with fresh_database(settings) as own:
        app = create_app(own)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def test_there_is_one_head(app: Flask) -> None:
    assert len(ScriptDirectory(f"{app.root_path}/migrations").get_heads()) == 1


def test_up_down_and_up_again_keeps_what_is_not_taken_down(empty: Flask) -> None:
    upgrade()
    with db.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO departments (name, position, is_active, version) VALUES ('Eyes', 1, true, 1)")
        )
    downgrade(revision="0002_directory")
    upgrade()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM departments")) == "Eyes"
    downgrade(revision="base")
    with db.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade()


def test_the_search_index_follows_names_after_the_patients_table_was_rebuilt(empty: Flask) -> None:
    upgrade()
    downgrade(revision="0007_imports")
    upgrade()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            assert {f"patient_search_{what}" for what in ("insert", "update", "delete")} <= set(triggers)


def test_models_and_migrations_do_not_drift(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": include_object}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_every_foreign_key_says_what_happens_on_delete() -> None:
    silent = [
        f"{table.name}.{key.column_keys}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.ondelete is None
    ]
    assert not silent


def test_no_clinical_record_dies_with_its_patient() -> None:
    """Only what is derived from the patient itself may cascade."""
    cascading = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.referred_table.name == "patients" and key.ondelete == "CASCADE"
    }
    assert cascading <= {"patient_search_tokens"}


def test_lost_rows_and_broken_references_are_noticed() -> None:
    with create_engine("sqlite://").connect() as connection:
        _make_family(connection)
        before = count_rows(connection)
        connection.execute(text("UPDATE child SET parent_id = NULL"))
        assert lost_rows(before, count_rows(connection)) == ["child.parent_id (1 -> 0)"]
        connection.execute(text("DELETE FROM child"))
        assert "child (1 -> 0)" in lost_rows(before, count_rows(connection))
        connection.execute(text("INSERT INTO child VALUES (2, 99)"))
        with pytest.raises(RuntimeError, match="Broken references"):
            assert_references(connection)


def _make_family(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
    connection.execute(text("CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id))"))
    connection.execute(text("INSERT INTO parent VALUES (1)"))
    connection.execute(text("INSERT INTO child VALUES (1, 1)"))
