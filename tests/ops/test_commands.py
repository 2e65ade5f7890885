"""Commands around starting a clinic."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from rq import Worker
from sqlalchemy import func, select

from clinic import create_app
from clinic.config import Settings
from clinic.db import current_session, db
from clinic.ops import scheduler
from clinic.ops.sample.clinic import PATIENTS
from clinic.patients.models import Patient
from clinic.queueing import redis_client
from tests.conftest import ENVIRONMENT
from tests.databases import fresh_database
from tests.running_clinic import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app_on_an_empty_database(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """In the CLINIC_ENV of the test's parameter."""
    with fresh_database(settings) as own:
        app = create_app(dataclasses.replace(own, env=request.param, trusted_hosts=("localhost",)))
        yield app
        with app.app_context():
            db.engine.dispose()


def patients(app: Flask) -> int:
    with app.app_context():
        return current_session().scalar(select(func.count()).select_from(Patient)) or 0


@pytest.mark.usefixtures("redis_server")
@pytest.mark.parametrize("app_on_an_empty_database", ["development"], indirect=True)
def test_setup_loads_the_sample_once(app_on_an_empty_database: Flask) -> None:
    run = app_on_an_empty_database.test_cli_runner().invoke
    first = run(args=["setup"])
    assert "Sample sign-ins" in first.output, first.output
    loaded = patients(app_on_an_empty_database)
    assert loaded >= PATIENTS
    assert run(args=["setup"]).output == first.output
    assert patients(app_on_an_empty_database) == loaded


@pytest.mark.parametrize("app_on_an_empty_database", ["production"], indirect=True)
def test_setup_in_production_only_migrates(app_on_an_empty_database: Flask) -> None:
    result = app_on_an_empty_database.test_cli_runner().invoke(args=["setup"])
    assert (result.exit_code, result.output) == (0, "")
    assert patients(app_on_an_empty_database) == 0


def test_setup_makes_the_data_folder_or_says_in_one_line_why_not(tmp_path: Path) -> None:
    def set_up(var: Path) -> subprocess.CompletedProcess[str]:
        own = {**os.environ, **ENVIRONMENT, "CLINIC_VAR": str(var), "FLASK_SKIP_DOTENV": "1"}
        own.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "flask", "setup"]
        return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)

    made = set_up(tmp_path / "new" / "clinic")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "new" / "clinic" / "clinic.sqlite3").exists()
    (tmp_path / "file").touch()
    refused = set_up(tmp_path / "file" / "clinic")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("Error: The folder")


def work_idly(*queues: str) -> bool:
    found = [(worker.queue_names(), worker.get_state()) for worker in Worker.all(connection=redis_client())]
    return sorted(found) == [([queue], "idle") for queue in sorted(queues)]


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize(
    ("command", "is_alive"),
    [
        (["worker", "default", "--with-scheduler"], lambda: scheduler.is_alive() and work_idly("default")),
        (["worker"], lambda: work_idly("default", "exports", "imports")),
        (["scheduler"], scheduler.is_alive),
    ],
)
def test_a_part_runs_alone_and_stops_when_asked(
    settings: Settings, command: list[str], is_alive: Callable[[], bool]
) -> None:
    own = {"CLINIC_VAR": str(settings.var), "DATABASE_URL": settings.database_url}
    process = subprocess.Popen([sys.executable, "-m", "flask", *command], cwd=ROOT, env=ENVIRONMENT | own)
    try:
        wait_until(is_alive, 30, "it gives no sign of life")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not is_alive()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("command", [["sign-ins"], ["sign-ins", "--json"], ["load", "--patients", "1"]])
def test_production_refuses_the_sample(settings: Settings, command: list[str]) -> None:
    app = create_app(dataclasses.replace(settings, env="production", trusted_hosts=("clinic.example.org",)))
    result = app.test_cli_runner().invoke(args=["sample", *command])
    assert result.exit_code == 1
    assert "refused in production" in result.output
