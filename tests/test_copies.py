"""Copies of the database while it is written: whole, private, made before every migration, and not without room."""

import os
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from clinic import copies
from clinic.config import Settings
from clinic.copies import KEPT, CopyError, copy_database
from clinic.db import WAL_BYTES, db, transaction
from clinic.ops.upkeep.jobs import shorten_write_log
from tests.conftest import ENVIRONMENT
from tests.databases import own_clinic
from tests.durability import Syncs
from tests.running_clinic import ROOT

Usage = namedtuple("Usage", "total used free")


def versions_in(path: Path) -> list[str]:
    with closing(sqlite.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]


def before(settings: Settings) -> list[Path]:
    return sorted((settings.var / "copies").glob("before-*"))


@pytest.fixture
def sqlite_only(settings: Settings) -> None:
    if not settings.is_sqlite:
        pytest.skip("a file of SQLite")


@pytest.mark.guards("a copy of the database that was announced is on the disk, its content and its name")
@pytest.mark.usefixtures("sqlite_only")
def test_a_copy_survives_a_power_cut(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs, target = Syncs(monkeypatch), tmp_path / "copy.sqlite3"
    with own_clinic(settings) as app:
        copy_database(app.config["CLINIC"].database_url, target)
    assert syncs.is_whole(target)
    assert syncs.is_name_durable(target)


@pytest.mark.guards("a copy made while somebody writes is of one moment, and for nobody else to read")
@pytest.mark.usefixtures("sqlite_only")
def test_a_copy_while_somebody_writes(settings: Settings, tmp_path: Path) -> None:
    with own_clinic(settings) as app:
        with transaction() as session:
            session.execute(text("CREATE TABLE written (n INTEGER)"))
            session.execute(text("INSERT INTO written VALUES (1)"))
        with transaction() as session:
            session.execute(text("INSERT INTO written VALUES (2)"))
            result = app.test_cli_runner().invoke(args=["db", "copy", str(tmp_path / "copy.sqlite3")])
        assert result.exit_code == 0, result.output
    assert (tmp_path / "copy.sqlite3").stat().st_mode & 0o777 == 0o600
    with closing(sqlite.connect(tmp_path / "copy.sqlite3")) as connection:
        assert connection.execute("SELECT n FROM written").fetchall() == [(1,)]
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]


def test_a_file_that_is_there_is_left_alone(settings: Settings, app: Flask, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("of yesterday")
    result = app.test_cli_runner().invoke(args=["db", "copy", str(tmp_path / "copy")])
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert (tmp_path / "copy").read_text() == "of yesterday"


@pytest.mark.guards("nothing is migrated without a copy of before, and the newest few copies stay")
def test_a_copy_is_made_before_every_migration(settings: Settings) -> None:
    with own_clinic(settings):
        for path in before(settings):
            path.unlink()
        upgrade()
        assert before(settings) == []  # Nothing to migrate, nothing to copy.
        downgrade(revision="-1")
        [made] = before(settings)
        if settings.is_sqlite:
            assert made.stem.endswith(versions_in(made)[0])
        else:
            assert b"alembic_version" in made.read_bytes()
        for _ in range(KEPT):
            upgrade()
            downgrade(revision="-1")
        assert len(before(settings)) == KEPT
        assert made not in before(settings)


@pytest.mark.guards("nothing is migrated without a copy of before, and the newest few copies stay")
@pytest.mark.usefixtures("sqlite_only")
def test_without_room_for_the_copy_nothing_is_migrated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_clinic(settings):
        monkeypatch.setattr(copies.shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 10**6))
        with pytest.raises(CopyError, match=r"needs \d+ MB"):
            copy_database(settings.database_url, settings.var / "no-room")
        with pytest.raises(SystemExit):
            downgrade(revision="-1")
        versions = db.session.scalars(text("SELECT version_num FROM alembic_version")).all()
        db.session.rollback()
        monkeypatch.undo()
        upgrade()
        assert db.session.scalars(text("SELECT version_num FROM alembic_version")).all() == versions


@pytest.mark.guards("an older version says that the database is of a newer one, and leaves it alone")
def test_an_older_version_says_so(settings: Settings) -> None:
    with own_clinic(settings):
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999_from_tomorrow'"))
        url = db.engine.url.render_as_string(hide_password=False)
        own = {**os.environ, **ENVIRONMENT, "CLINIC_VAR": str(settings.var), "DATABASE_URL": url}
        command = [sys.executable, "-m", "flask", "setup"]
        done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "made by a newer version of Clinic (9999_from_tomorrow)" in done.stderr
        assert "Traceback" not in done.stderr
        assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == "9999_from_tomorrow"


@pytest.mark.guards("a plain copy of the data folder holds no pipe, socket or lock")
def test_what_runs_is_apart_from_what_is_kept(settings: Settings) -> None:
    with own_clinic(settings, var=settings.var), transaction() as session:
        session.execute(text("SELECT 1"))
        kept = [path for path in settings.var.rglob("*") if "run" not in path.relative_to(settings.var).parts]
        assert not [path for path in kept if path.is_fifo() or path.is_socket() or path.suffix == ".lock"]
        if settings.is_sqlite:
            folder = Path(str(db.engine.url.database)).parent
            assert not [path for path in folder.iterdir() if path.is_fifo()]
            done = subprocess.run(["cp", "-r", *folder.glob("*.sqlite3*"), settings.var], timeout=20, check=False)
            assert done.returncode == 0


@pytest.mark.guards("what the clinic writes is for nobody else on the machine to read")
def test_files_are_private(settings: Settings, app: Flask) -> None:
    with own_clinic(settings), transaction() as session:
        session.execute(text("SELECT 1"))
        database = Path(str(db.engine.url.database))
        made = [*database.parent.iterdir()] if settings.is_sqlite else [*settings.var.iterdir()]
        readable = [path.name for path in made if path.stat().st_mode & 0o077 and path != database]
    assert not readable


@pytest.mark.guards("SQLite's log of writes is short again after a long reader let it grow")
@pytest.mark.usefixtures("sqlite_only")
def test_the_log_of_writes_is_bounded(settings: Settings) -> None:
    with own_clinic(settings):
        path = str(db.engine.url.database)
        log = Path(f"{path}-wal")
        with closing(sqlite.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM alembic_version").fetchall()
            with transaction() as session:
                session.execute(text("CREATE TABLE large (n BLOB)"))
                session.execute(text("INSERT INTO large VALUES (zeroblob(:size))"), {"size": WAL_BYTES + 10**6})
            assert log.stat().st_size > WAL_BYTES
            shorten_write_log()
            assert log.stat().st_size > WAL_BYTES  # somebody still reads
        shorten_write_log()
        assert log.stat().st_size == 0
