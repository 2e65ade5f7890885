"""Whole copies of the database, made while the clinic runs. Copying its files by hand gives a broken one."""

import datetime as dt
import logging
import os
import shutil
import subprocess  # nosec B404: pg_dump, with arguments of our own
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
from sqlalchemy.engine import URL, make_url

from clinic.sealed_files import sync_folder

KEPT = 3
SPARE_BYTES = 64 * 1024**2
log = logging.getLogger(__name__)


class CopyError(Exception):
    """No copy was made; the message is for an administrator."""


class NoTool(CopyError):
    """PostgreSQL's own program is not there to make it."""


def copy_database(url: str, target: Path) -> None:
    """Make `target` a copy of one moment: an SQLite file, or of PostgreSQL what `pg_restore` reads. Mode 0600.

    It is whole and on the disk, or not there. Raises CopyError.
    """
    parsed = make_url(url)
    make = _copy_sqlite if parsed.get_backend_name() == "sqlite" else _dump
    if target.exists():
        raise CopyError(f"{target} is there already; name a file that is not.")
    part = target.with_name(f"{target.name}.part")
    try:
        _make_whole(make, parsed, part)
        part.replace(target)
        sync_folder(target.parent)
    except (OSError, sqlite.Error) as error:
        raise CopyError(f"The copy {target} could not be written: {error}.") from error
    finally:
        part.unlink(missing_ok=True)


def copy_before_migration(url: str, folder: Path, revision: str) -> None:
    """Keep the database as it is at `revision`, and of such copies the newest few.

    Raises CopyError; only where PostgreSQL's program is missing the migration goes on without.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    ending = "sqlite3" if url.startswith("sqlite") else "dump"
    target = folder / f"before-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S.%fZ}-{revision}.{ending}"
    try:
        copy_database(url, target)
    except NoTool as error:
        log.warning("the database is migrated without a copy: %s", error)
        return
    log.warning("the database as it was before the migration is kept in %s", target)
    for old in sorted(folder.glob("before-*"))[:-KEPT]:
        old.unlink(missing_ok=True)


def _make_whole(make: Callable[[URL, Path], None], url: URL, part: Path) -> None:
    part.unlink(missing_ok=True)
    part.touch(0o600)
    make(url, part)
    with part.open("rb") as made:
        os.fsync(made.fileno())


def _copy_sqlite(url: URL, part: Path) -> None:
    with closing(sqlite.connect(f"file:{url.database}?mode=ro", uri=True)) as connection:
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        free = shutil.disk_usage(part.parent).free
        if free < pages * size + SPARE_BYTES:
            megabytes = (pages * size + SPARE_BYTES) // 1024**2 + 1
            raise CopyError(f"A copy of the database needs {megabytes} MB; {part.parent} has {free // 1024**2} MB.")
        connection.execute("VACUUM INTO ?", (str(part),))


def _dump(url: URL, part: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise NoTool("pg_dump is not installed here; copy the database with PostgreSQL's own tools.")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    command = [program, "--format=custom", f"--file={part}", f"--dbname={address}"]
    secret = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run(command, env=secret, capture_output=True, text=True, check=False)  # nosec B603
    if done.returncode:
        raise CopyError(f"pg_dump could not copy the database: {done.stderr.strip()[-500:]}")
