"""What people see when a part is away: pages that need none of the parts, in words that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from clinic.auth.access import Role
from clinic.config import Settings
from clinic.db import db, means_full_disk
from clinic.web import errors
from tests.browser_client import Browser, check_page
from tests.databases import own_clinic
from tests.factories import Factory


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """A clinic whose database may be taken away."""
    with own_clinic(settings) as app:
        yield app


@pytest.fixture
def signed_in(clinic: Flask) -> Browser:
    """A manager, signed in while the database answered."""
    session = db.session()
    browser = Browser(clinic, session)
    browser.sign_in(Factory(session).user(Role.MANAGER))
    return browser


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody can open it: its connections are gone, and new ones are refused."""
    url = make_url(db.engine.url)
    db.session.remove()
    if url.drivername.startswith("sqlite"):
        file, aside = Path(str(url.database)), Path(f"{url.database}.aside")
        db.engine.dispose()
        file.rename(aside)
        file.mkdir()
        yield
        file.rmdir()
        aside.rename(file)
        return
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        yield
        connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')


@pytest.mark.guards("while the database is away, signed-in people get a page that says so")
def test_a_database_that_is_away_has_a_page(signed_in: Browser) -> None:
    assert signed_in.get("/patients").status_code == 200
    with database_away():
        answers = {path: signed_in.get(path) for path in ("/patients", "/today", "/auth/sign-in", "/patients/1")}
        alert = signed_in.htmx("POST", "/queue/1/call")
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 503)
    page = answers["/patients"].get_data(as_text=True)
    check_page(page)
    assert "The database does not answer" in page
    assert (alert.status_code, alert.headers["HX-Retarget"]) == (503, "#alerts")
    assert signed_in.get("/patients").status_code == 200


@pytest.mark.guards("a page of an error needs neither the session nor the database nor who asks")
@pytest.mark.parametrize("status", [*sorted(set(errors.STATUS.values())), 400, 405, 413, 429, 500])
def test_an_error_asks_nothing(clinic: Flask, signed_in: Browser, status: int) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    with signed_in.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    clinic.extensions["frame"].clear()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for headers in ({}, {"HX-Request": "true"}):
            with clinic.test_request_context("/patients", headers=headers) as context:
                context.session["_user_id"] = token
                assert errors.answer(status).status_code == status
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert asked == []


@pytest.mark.guards("a full disk has its own words: the database is not said to be away")
def test_a_full_disk_has_its_own_words(clinic: Flask, signed_in: Browser, settings: Settings) -> None:
    if not settings.is_sqlite:
        pytest.skip("PostgreSQL's disk is its own")

    def allow_no_more(connection: Any, _record: Any, _proxy: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "checkout", allow_no_more)
    for number in range(200):
        note = {"text": f"{number} " + "x" * 900, "kind": "note", "idempotency_key": f"a full disk {number:05}"}
        answer = signed_in.post("/notes", note)
        if answer.status_code >= 500:
            break
    page = answer.get_data(as_text=True)
    assert answer.status_code == 507, answer.status_code
    assert "disk is full" in page
    assert "does not answer" not in page
    assert signed_in.get("/patients").status_code == 200


def test_what_a_full_disk_is() -> None:
    class Full(Exception):
        sqlstate = "53100"

    class Locked(Exception):
        sqlstate = "55P03"

    assert means_full_disk(DBAPIError("INSERT", {}, Full()))
    assert not means_full_disk(DBAPIError("INSERT", {}, Locked()))
