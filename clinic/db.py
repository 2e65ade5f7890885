"""The database: Base, column types, engine rules and transaction(). The only file that commits."""

import datetime as dt
import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pysqlite3.dbapi2 as sqlite_driver
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, LargeBinary, MetaData, String, TypeDecorator, event, text
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from clinic.turns import turn_of

_Hook = TypeVar("_Hook", bound=Callable[[Session], None])

WRITE_OPTION = "clinic_write"
BUSY_SECONDS = 15
# What stays of SQLite's log of writes (WAL) after a long reader made it larger.
WAL_BYTES = 32 * 1024**2
_AFTER_COMMIT = "clinic.after_commit"
_BEFORE_COMMIT = "clinic.before_commit"
_OPEN = "clinic.transaction_open"


class Base(DeclarativeBase):
    """Every table. Constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Base.metadata)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant: timezone-aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored: use clinic.clock.now().")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def text_enum(enum_class: type[enum.StrEnum], name: str | None = None) -> Enum:
    """A StrEnum kept by value in a VARCHAR with a CHECK: the same on SQLite and PostgreSQL.

    A table with two columns of one enumeration names their checks apart by `name`.
    """
    return Enum(
        enum_class,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda e: [member.value for member in e],
        name=name or _snake(enum_class.__name__),
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class Keyed:
    """A row with a surrogate primary key."""

    id: Mapped[int] = mapped_column(primary_key=True)


class Idempotent:
    """A row made by a form: the same key sent twice finds the first row instead of making another.

    The digest (16 bytes) says who sent what with the key; rows of before it was kept have none. See idempotency.py.
    """

    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    idempotency_digest: Mapped[bytes | None] = mapped_column(LargeBinary(16))


def engine_options(database_url: str, pool_size: int) -> dict[str, Any]:
    """Options for create_engine(): our own SQLite (the one Python links can corrupt a WAL), one pool."""
    if database_url.startswith("sqlite"):
        return {
            "module": sqlite_driver,
            "pool_size": pool_size,
            "max_overflow": pool_size,
            # The connection used last has its pages and prepared statements at hand.
            "pool_use_lifo": True,
            "connect_args": {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS},
        }
    return {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=15s"},
    }


def configure_engine(engine: Engine) -> None:
    """Install the rules of data on an engine; for SQLite, pragmas on each connection and explicit BEGIN."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_sqlite_pragmas)
    event.listen(engine, "begin", _begin_sqlite)


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.execute("PRAGMA mmap_size=268435456")
    cursor.execute("PRAGMA temp_store=MEMORY")
    if cursor.execute("PRAGMA foreign_keys").fetchone()[0] != 1:
        raise RuntimeError("SQLite refused to enforce foreign keys.")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own BEGIN is off (isolation_level None). A write that begins as a read and upgrades later fails with
    # "database is locked" or loses updates: a write takes the lock before it reads. It is free when the turn has come:
    # SQLite's own waiting, in which others overtake, is for what writes beside the clinic.
    is_write = connection.get_execution_options().get(WRITE_OPTION)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def current_session() -> Session:
    """The request's (or job's) one session."""
    return db.session()


@contextmanager
def transaction(session: Session | None = None) -> Iterator[Session]:
    """One unit of work: commits on success, rolls back on any exception, then runs what after_commit() kept.

    Everything read before it in this session is expired, so rules are checked on fresh rows.
    Raises RuntimeError when nested: one request, one COMMIT.
    """
    session = session or current_session()
    if session.info.get(_OPEN):
        raise RuntimeError("transaction() does not nest: let the caller open the one transaction.")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Rows were changed outside transaction().")
    session.rollback()
    session.info[_OPEN] = True
    session.info[_AFTER_COMMIT], session.info[_BEFORE_COMMIT] = [], {}
    try:
        with _turn(session), _rolled_back_on_error(session):
            session.connection(execution_options={WRITE_OPTION: True})
            yield session
            for hook in list(session.info[_BEFORE_COMMIT].values()):
                hook(session)
            session.commit()
    except BaseException:
        session.info[_AFTER_COMMIT] = []
        raise
    finally:
        session.info[_OPEN] = False
    for callback in session.info.pop(_AFTER_COMMIT):
        callback()


@contextmanager
def _rolled_back_on_error(session: Session) -> Iterator[None]:
    """Let nothing of it stand when it fails, before anybody else has the turn."""
    try:
        yield
    except BaseException:
        session.rollback()
        raise


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Hold the turn to write; after BUSY_SECONDS go on without it, and let the database say who is first."""
    engine = session.get_bind().engine
    turn = turn_of(engine) if engine.dialect.name == "sqlite" else None
    taken = turn is not None and turn.take(BUSY_SECONDS)
    try:
        yield
    finally:
        if turn is not None and taken:
            turn.give_back()


def means_full_disk(error: DBAPIError) -> bool:
    """Whether the database could not write because there is no room left (SQLite, or PostgreSQL's own disk)."""
    of_sqlite = getattr(error.orig, "sqlite_errorcode", None) == sqlite_driver.SQLITE_FULL
    return of_sqlite or getattr(error.orig, "sqlstate", None) == "53100"


def wait_alone(session: Session, key: int) -> None:
    """On PostgreSQL wait until no other transaction holds `key`, and hold it to this one's end.

    On SQLite writing transactions come one after another anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def after_commit(session: Session, callback: Callable[[], object]) -> None:
    """Run `callback` once the transaction is durable; never when it is rolled back."""
    if not session.info.get(_OPEN):
        raise RuntimeError("after_commit() needs an open transaction().")
    session.info[_AFTER_COMMIT].append(callback)


def before_commit(session: Session, key: str, hook: _Hook) -> _Hook:
    """Run `hook(session)` last thing inside the transaction, once per `key`; returns the one that will run."""
    if not session.info.get(_OPEN):
        raise RuntimeError("This needs an open transaction().")
    hooks: dict[str, _Hook] = session.info[_BEFORE_COMMIT]
    return hooks.setdefault(key, hook)
