"""Commands around starting a clinic."""

import dataclasses
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from clinic import create_app
from clinic.config import Settings
from clinic.db import current_session, db
from clinic.patients.models import Patient
from tests.conftest import ENVIRONMENT
from tests.databases import fresh_database

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
    assert patients(app_on_an_empty_database) == 400
    assert run(args=["setup"]).output == first.output
    assert patients(app_on_an_empty_database) == 400


@pytest.mark.parametrize("app_on_an_empty_database", ["production"], indirect=True)
def test_setup_in_production_only_migrates(app_on_an_empty_database: Flask) -> None:
    result = app_on_an_empty_database.test_cli_runner().invoke(args=["setup"])
    assert (result.exit_code, result.output) == (0, "")
    assert patients(app_on_an_empty_database) == 0


@pytest.mark.usefixtures("redis_server")
@pytest.mark.parametrize("command", [["worker", "default", "--with-scheduler"], ["worker"], ["scheduler"]])
def test_a_part_runs_alone_and_stops_when_asked(settings: Settings, command: list[str]) -> None:
    own = {"CLINIC_VAR": str(settings.var), "DATABASE_URL": settings.database_url}
    process = subprocess.Popen([sys.executable, "-m", "flask", *command], cwd=ROOT, env=ENVIRONMENT | own)
    try:
        time.sleep(4)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("command", [["sign-ins"], ["sign-ins", "--json"], ["load", "--patients", "1"]])
def test_production_refuses_the_sample(settings: Settings, command: list[str]) -> None:
    app = create_app(dataclasses.replace(settings, env="production", trusted_hosts=("clinic.example.org",)))
    result = app.test_cli_runner().invoke(args=["sample", *command])
    assert result.exit_code == 1
    assert "refused in production" in result.output
