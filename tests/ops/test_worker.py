"""Jobs run in our context and leave no values behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from clinic.config import Settings
from clinic.ops.surviving import reason_of
from clinic.queueing import enqueue, redis_client
from clinic.tracing import request_id
from tests.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("clean_redis")
BURST = """
from clinic import create_app
from clinic.ops.worker import ClinicWorker
ClinicWorker("default", create_app()).work(burst=True, logging_level="WARNING")
"""


@pytest.fixture
def work(settings: Settings) -> "Work":
    return Work(settings)


class Work:
    """Runs a worker until the queue is empty."""

    def __init__(self, settings: Settings) -> None:
        own = {"CLINIC_VAR": str(settings.var), "DATABASE_URL": settings.database_url, "PATH": os.environ["PATH"]}
        self.environment = ENVIRONMENT | own

    def __call__(self) -> str:
        """What the worker logged."""
        done = subprocess.run(
            [sys.executable, "-c", BURST], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout + done.stderr


def fresh(job_id: str) -> Job:
    return Job.fetch(job_id, connection=redis_client(), serializer=JSONSerializer)


def test_a_job_has_the_database_and_its_requests_id(work: Work, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    token = request_id.set("request-abc")
    enqueue("tests.ops.sample_jobs.note", str(notes))
    request_id.reset(token)
    work()
    assert notes.read_text().startswith("request-abc 1 ")


def test_a_failed_job_keeps_and_logs_no_values(work: Work) -> None:
    enqueue("tests.ops.sample_jobs.fail_with_a_secret", "Anna Muster", job_id="failing")
    logged = work()
    failed = fresh("failing")
    assert failed.get_status() is JobStatus.FAILED
    result = failed.latest_result()
    assert result
    assert str(result.exc_string).startswith("ValueError\n")
    assert "sample_jobs.py" in str(result.exc_string)
    assert "Anna Muster" not in f"{logged}{result.exc_string}"
    assert '"error": "ValueError"' in logged


def test_a_broken_rule_is_kept_in_words_for_people(work: Work) -> None:
    enqueue("tests.ops.sample_jobs.break_a_rule", job_id="failing")
    work()
    result = fresh("failing").latest_result()
    assert result
    assert str(result.exc_string).startswith("Invalid: Choose a service.\n")


def test_the_reason_of_an_error_shows_places(app: Flask) -> None:
    try:
        raise KeyError("patient 12")
    except KeyError as error:
        reason = reason_of(error)
    assert "patient 12" not in reason
    assert "test_worker.py" in reason
