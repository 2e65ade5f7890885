"""Real database (SQLite, or PostgreSQL through TEST_DATABASE_URL), real Redis, a savepoint per test."""

import base64
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from clinic import cache, create_app
from clinic.audit.readings.flushing import flush
from clinic.auth.access import Role
from clinic.config import Settings, load_settings, redis_socket
from clinic.db import WRITE_OPTION, db
from clinic.redis_server import server_command
from tests.browser_client import Browser
from tests.databases import fresh_database
from tests.factories import Factory

ENVIRONMENT = {
    "CLINIC_ENV": "test",
    "SECRET_KEY": "test-only-0123456789abcdefghijklmnopqrstuv",
    "ENCRYPTION_KEYS": "k1:" + base64.b64encode(b"0123456789abcdefghijklmnopqrstu1").decode(),
    "BLIND_INDEX_KEY": base64.b64encode(b"0123456789abcdefghijklmnopqrstu2").decode(),
    "AUDIT_KEY": base64.b64encode(b"0123456789abcdefghijklmnopqrstu3").decode(),
    "CLINIC_TIMEZONE": "Europe/Paris",
    "CLINIC_REGION": "FR",
}


@pytest.fixture(scope="session")
def var() -> Iterator[Path]:
    """A short path: a socket's may have 103 characters."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(var: Path) -> Iterator[None]:
    """A real Valkey on a socket in `var`."""
    process = subprocess.Popen(server_command(var), stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(redis_socket(var)))
    for _ in range(200):
        try:
            client.ping()
            break
        except redis.RedisError:
            time.sleep(0.02)
    client.close()
    yield
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def settings(var: Path) -> Iterator[Settings]:
    """Settings of a test clinic whose database is empty at first."""
    environment = dict(ENVIRONMENT, CLINIC_VAR=str(var))
    if url := os.environ.get("TEST_DATABASE_URL"):
        environment["DATABASE_URL"] = url
    with fresh_database(load_settings(environment)) as own:
        yield own


@pytest.fixture(scope="session")
def app(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """The application on a migrated database."""
    app = create_app(settings)
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The request's session inside an outer transaction that is rolled back: commits become savepoints."""
    # What was worked out from the rows of another test.
    app.extensions.pop("clinic_outlooks", None)
    app.extensions["clinic_readings"].forget()
    cache.forget()
    with app.app_context():
        engine = db.engine
        connection = engine.connect().execution_options(**{WRITE_OPTION: True})
        outer = connection.begin()
        engines = db._app_engines[app]
        engines[None] = connection
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session()
        finally:
            db.session.remove()
            engines[None] = engine
            db.session.configure(join_transaction_mode="conditional_savepoint")
            if outer.is_active:
                outer.rollback()
            connection.close()


@pytest.fixture
def write_readings(app: Flask, session: Session) -> Callable[[], int]:
    """Writes to the log what was read so far, as the background thread of a running clinic does; how many entries."""
    return lambda: flush(app.extensions["clinic_readings"], session)


@pytest.fixture
def make(session: Session) -> Factory:
    """Makes rows with defaults for all but what the test is about."""
    return Factory(session)


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    """Someone who has not signed in."""
    return Browser(app, session)


@pytest.fixture
def receptionist(browser: Browser, make: Factory) -> Browser:
    return browser.sign_in(make.user(Role.RECEPTIONIST))


@pytest.fixture
def manager(browser: Browser, make: Factory) -> Browser:
    return browser.sign_in(make.user(Role.MANAGER))


@pytest.fixture
def cashier(browser: Browser, make: Factory) -> Browser:
    return browser.sign_in(make.user(Role.CASHIER))
