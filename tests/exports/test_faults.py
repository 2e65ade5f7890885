"""Workers that die in the middle of an export: nobody sees half a file, and the export is made all the same."""

import csv
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert

from clinic import clock
from clinic.config import Settings
from clinic.db import db, transaction
from clinic.documents.storage import current_storage
from clinic.exports import service
from clinic.exports.models import Export, ExportKind, ExportState
from clinic.patients.models import Patient
from clinic.tasks import service as tasks
from tests.conftest import ENVIRONMENT
from tests.exports.conftest import Clinic
from tests.factories import NOW

pytestmark = pytest.mark.faults
ROWS = 60_000


@pytest.fixture
def many_patients(clinic: Clinic) -> None:
    rows = [
        {
            "mrn": f"M{number}",
            "display_name": f"Ana {number}",
            "family_name": f"Name {number}",
            "sort_name": f"name {number}",
            "search_name": f"name {number}",
            "registered_at": NOW,
            "updated_at": NOW,
            "other_names": [],
            "telecoms": [{"system": "phone", "value": f"+336{number:08}"}],
            "addresses": [],
            "contacts": [],
            "extra": {},
            "is_active": True,
            "version": 1,
        }
        for number in range(ROWS)
    ]
    with transaction(clinic.session) as session:
        session.execute(insert(Patient), rows)


@pytest.fixture
def start_worker(clinic: Clinic) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts real workers on the test's database, in process groups of their own."""
    config: Settings = clinic.app.config["CLINIC"]
    url = db.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, **ENVIRONMENT, "CLINIC_VAR": str(config.var), "DATABASE_URL": url}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "flask", "worker", "exports", "--with-scheduler"]
        folder = Path(clinic.app.root_path)
        started.append(subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(clinic: Clinic, export_id: int, state: ExportState, seconds: float = 60) -> Export:
    deadline = time.monotonic() + seconds
    while (export := clinic.export(export_id)).state is not state:
        assert time.monotonic() < deadline, f"still {export.state}"
        time.sleep(0.01)
    return export


def check_file(clinic: Clinic, export: Export) -> None:
    content = clinic.content(export.id)
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert [row[0] for row in rows] == ["MRN", *(f"M{number}" for number in range(ROWS))]
    assert (export.sha256, export.rows_done) == (hashlib.sha256(content).hexdigest(), ROWS)
    files = list((current_storage().staging.parent / "exports" / str(export.id)).rglob("*"))
    assert len(files) == 1, "what the dead worker left is gone"


def test_a_killed_worker_leaves_no_file_and_another_makes_it(
    clinic: Clinic,
    many_patients: None,
    start_worker: Callable[[], "subprocess.Popen[bytes]"],
) -> None:
    export_id = clinic.request(ExportKind.PATIENTS, "mrn", "family_name", "phone")
    worker = start_worker()
    wait_for(clinic, export_id, ExportState.RUNNING)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    export = clinic.export(export_id)
    assert export.state is ExportState.RUNNING
    assert not current_storage().exists(str(export.stored_as))
    with transaction(clinic.session) as session:
        tasks.reconcile(session, service.KIND, clock.now() + 2 * tasks.SILENT)
    assert clinic.export(export_id).state is ExportState.QUEUED
    start_worker()
    check_file(clinic, wait_for(clinic, export_id, ExportState.FINISHED))


def test_a_killed_job_is_repeated_by_its_worker(
    clinic: Clinic, many_patients: None, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    export_id = clinic.request(ExportKind.PATIENTS, "mrn", "family_name", "phone")
    worker = start_worker()
    wait_for(clinic, export_id, ExportState.RUNNING)
    (horse,) = [horse for loop in psutil.Process(worker.pid).children() for horse in loop.children()]
    horse.kill()
    # Nobody asks what killed it: it is silent for 40 s, and then another begins.
    export = wait_for(clinic, export_id, ExportState.FINISHED, 120)
    assert export.tries == 2
    check_file(clinic, export)
