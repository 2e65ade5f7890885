"""What a killed process and a large file do: nothing is lost or doubled, and memory stays bounded."""

import gc
import itertools
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.imports import jobs, service
from clinic.imports.models import Import, ImportOrigin, ImportState
from clinic.imports.queries import get_import
from clinic.patients.models import Patient
from clinic.tasks import service as tasks
from tests.conftest import ENVIRONMENT
from tests.databases import own_clinic
from tests.factories import Factory
from tests.imports.conftest import Importer, ndjson, person

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from clinic import create_app
from clinic.imports import jobs
jobs.BATCH_ROWS = 20
with create_app().app_context():
    jobs.run(int(sys.argv[1]), 1)
"""


@pytest.fixture
def own(settings: Settings, app: Flask) -> Iterator[Importer]:
    """An importer on a database of its own, where commits are real."""
    with own_clinic(settings):
        yield Importer(current_session(), Factory(current_session()).user(Role.MANAGER))


def _start_worker(importer: Importer, row: Import) -> subprocess.Popen[bytes]:
    from flask import current_app

    settings: Settings = current_app.config["CLINIC"]
    own = {"CLINIC_VAR": str(settings.var), "DATABASE_URL": settings.database_url, "PYTHONPATH": str(ROOT)}
    environment = ENVIRONMENT | own | {"PATH": os.environ["PATH"]}
    return subprocess.Popen([sys.executable, "-c", RUN, str(row.id)], env=environment, stderr=subprocess.DEVNULL)


def _wait_for_rows(session: Session, row: Import, rows: int) -> None:
    for _ in range(2400):
        session.rollback()
        if get_import(session, row.id).rows_done >= rows:
            return
        time.sleep(0.05)
    raise AssertionError("The worker wrote nothing.")


def test_a_worker_killed_between_two_instructions_loses_and_doubles_nothing(own: Importer) -> None:
    session = own.session
    row = own.start(own.upload(ndjson(*[person(n) for n in range(1000)])))
    worker = _start_worker(own, row)
    _wait_for_rows(session, row, 60)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    session.rollback()
    half = get_import(session, row.id)
    assert half.state is ImportState.RUNNING
    assert 60 <= half.created < 1000
    assert half.created == session.scalar(select(func.count(Patient.id)))
    with transaction(session):
        session.execute(update(Import).values(beat_at=clock.now() - 2 * tasks.SILENT))
    jobs.run(row.id, 1)
    done = get_import(session, row.id)
    assert (done.state, done.created, done.refused) == (ImportState.FINISHED, 1000, 0)
    assert session.scalar(select(func.count(Patient.id))) == 1000
    assert session.scalar(select(func.count(ImportOrigin.id))) == 1000


def test_memory_does_not_grow_with_the_file(own: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Batches of one size: how large they grow is decided by how fast the machine writes.
    monkeypatch.setattr(jobs, "BATCH_ROWS", 8)
    own.run(ndjson(person(-1)))
    held = _held_memory(own, monkeypatch, rows=1500)
    assert len(held) > 6, "it was measured while rows were written"
    assert max(held[-3:]) < max(held[:3]) * 1.2, held


def _held_memory(importer: Importer, monkeypatch: pytest.MonkeyPatch, *, rows: int) -> list[int]:
    """Bytes that are in use, garbage not counted, at every twentieth batch of a file of so many rows."""
    row = importer.start(importer.upload(ndjson(*[person(n) for n in range(rows)]), source=f"{rows} rows"))
    held: list[int] = []
    batches, write = itertools.count(1), service.write_rows

    def measured(*args: Any, **values: Any) -> bool:
        if next(batches) % 20 == 0:
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        return write(*args, **values)

    monkeypatch.setattr(service, "write_rows", measured)
    tracemalloc.start()
    try:
        jobs.run(row.id, row.attempt)
    finally:
        tracemalloc.stop()
    return held
