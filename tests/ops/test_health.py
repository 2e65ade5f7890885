"""Health for monitors: what is checked, and that it gives nothing away."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from rq import Worker
from rq.utils import utcformat
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic import clock, create_app
from clinic.config import Settings
from clinic.documents.storage import current_storage, open_storage, use_storage
from clinic.queueing import connect, redis_client
from tests.browser_client import Browser

pytestmark = pytest.mark.usefixtures("clean_redis")


@pytest.fixture
def worker() -> Worker:
    """A worker that was seen now."""
    worker = Worker(["default"], connection=redis_client())
    worker.register_birth()
    return worker


def checks(browser: Browser, status: int) -> dict[str, dict[str, object]]:
    response = browser.get("/health/ready")
    assert response.status_code == status
    assert response.json
    return dict(response.json["checks"])


def test_a_process_that_answers_is_live(browser: Browser) -> None:
    assert browser.get("/health/live").json == {"status": "live"}


def test_everything_is_checked_with_its_time(browser: Browser, worker: Worker) -> None:
    found = checks(browser, 200)
    assert set(found) == {"database", "migrations", "redis", "storage", "worker"}
    assert all(check["ok"] is True and isinstance(check["ms"], float) for check in found.values())


def test_without_a_worker_it_is_not_ready(browser: Browser) -> None:
    found = checks(browser, 503)
    assert found["worker"]["ok"] is False
    assert found["database"]["ok"] is True


def test_a_worker_that_stopped_giving_signs_of_life_does_not_count(browser: Browser, worker: Worker) -> None:
    old = clock.now() - dt.timedelta(minutes=3)
    redis_client().hset(worker.key, "last_heartbeat", utcformat(old))
    assert checks(browser, 503)["worker"]["ok"] is False


def test_a_missing_migration_is_noticed(browser: Browser, session: Session, worker: Worker) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0001_auth'"))
    session.commit()
    assert checks(browser, 503)["migrations"]["ok"] is False


def test_without_redis_it_says_so_and_nothing_more(browser: Browser, settings: Settings) -> None:
    connect("redis://user:hunter2@127.0.0.1:1/0")
    try:
        found = checks(browser, 503)
    finally:
        connect(settings.redis_url)
    assert found["redis"]["ok"] is False
    assert "hunter2" not in str(found)


def test_storage_that_cannot_be_written_is_noticed(browser: Browser, worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = current_storage()
    use_storage(open_storage(f"file://{tmp_path}/file/storage", tmp_path))
    try:
        assert checks(browser, 503)["storage"]["ok"] is False
    finally:
        use_storage(kept)


def test_probes_need_no_https(settings: Settings) -> None:
    app: Flask = create_app(dataclasses.replace(settings, https=True))
    assert app.test_client().get("/health/live").status_code == 200
    assert app.test_client().get("/auth/sign-in").status_code == 302


def test_a_strange_host_is_refused_in_plain_words(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, trusted_hosts=("clinic.example.org",)))
    response = app.test_client().get("/auth/sign-in")
    assert response.status_code == 400
    assert response.text == "This is not a name of this server."
