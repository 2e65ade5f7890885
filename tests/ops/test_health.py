"""Health for monitors: what is checked, and that it gives nothing away."""

import dataclasses
import datetime as dt
import time
from pathlib import Path

import pytest
from flask import Flask
from rq import Worker
from rq.utils import utcformat
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic import clock, create_app
from clinic.auth.access import Role
from clinic.config import Settings
from clinic.db import transaction
from clinic.documents.storage import current_storage, open_storage, use_storage
from clinic.exports.models import ExportKind
from clinic.exports.service import Wanted, request_export
from clinic.ops import scheduler
from clinic.queueing import QUEUE_NAMES, connect, redis_client
from tests.browser_client import Browser
from tests.factories import Factory

pytestmark = pytest.mark.usefixtures("clean_redis")


@pytest.fixture
def workers() -> dict[str, Worker]:
    """A worker of each queue and a schedule that were seen now."""
    found = {name: Worker([name], connection=redis_client()) for name in QUEUE_NAMES}
    for worker in found.values():
        worker.register_birth()
    redis_client().set(scheduler.LOCK, "somebody", ex=60)
    return found


def checks(browser: Browser, status: int) -> dict[str, dict[str, object]]:
    response = browser.get("/health/ready")
    assert response.status_code == status
    assert response.json
    return dict(response.json["checks"])


def test_a_process_that_answers_is_live(browser: Browser) -> None:
    assert browser.get("/health/live").json == {"status": "live"}


def test_everything_is_checked_with_its_time(browser: Browser, workers: dict[str, Worker]) -> None:
    found = checks(browser, 200)
    background = {"default worker", "exports worker", "imports worker", "schedule"}
    assert set(found) == {"database", "migrations", "redis", "storage"} | background
    assert all(check["ok"] is True and isinstance(check["ms"], float) for check in found.values())


def test_without_a_worker_it_is_not_ready(browser: Browser) -> None:
    found = checks(browser, 503)
    assert {name for name, check in found.items() if not check["ok"]} == {
        "default worker",
        "exports worker",
        "imports worker",
        "schedule",
    }


@pytest.mark.guards("a clinic is ready only if every queue has a worker that gives signs of life")
@pytest.mark.parametrize("queue", QUEUE_NAMES)
def test_a_worker_that_stopped_giving_signs_of_life_does_not_count(
    browser: Browser, workers: dict[str, Worker], queue: str
) -> None:
    old = clock.now() - dt.timedelta(minutes=3)
    redis_client().hset(workers[queue].key, "last_heartbeat", utcformat(old))
    assert [name for name, check in checks(browser, 503).items() if not check["ok"]] == [f"{queue} worker"]


@pytest.mark.guards("a clinic is not ready while something due is begun by nobody, whatever Redis says of it")
@pytest.mark.parametrize(("minutes", "is_ready"), [(1, True), (3, False)])
def test_what_is_due_and_not_begun_is_noticed(
    browser: Browser, session: Session, workers: dict[str, Worker], make: Factory, minutes: int, is_ready: bool
) -> None:
    due, manager = clock.now() - dt.timedelta(minutes=minutes), make.user(Role.MANAGER)
    with transaction(session) as write:
        wanted = Wanted(ExportKind.PATIENTS, ["mrn"], {})
        request_export(write, wanted=wanted, actor=manager, now=due)
    assert checks(browser, 200 if is_ready else 503)["exports worker"]["ok"] is is_ready


@pytest.mark.guards("a clinic is not ready while a job of its schedule does not come to an end")
def test_a_schedule_that_is_late_is_noticed(browser: Browser, workers: dict[str, Worker]) -> None:
    begun = {"occurrence": "7", "tries": 4, "since": time.time() - 3600}
    redis_client().hset("clinic:schedule:close-past-days", mapping=begun)
    assert checks(browser, 503)["schedule"]["ok"] is False
    redis_client().hset("clinic:schedule:close-past-days", "done", "7")
    assert checks(browser, 200)["schedule"]["ok"] is True


def test_a_missing_migration_is_noticed(browser: Browser, session: Session, workers: dict[str, Worker]) -> None:
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


def test_storage_that_cannot_be_written_is_noticed(
    browser: Browser, workers: dict[str, Worker], tmp_path: Path
) -> None:
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
