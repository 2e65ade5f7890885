"""A clinic whose commits are real: a job reads its snapshot through a connection of its own."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.exports import service
from clinic.exports.models import Export, ExportKind, ExportState
from clinic.exports.service import Wanted
from clinic.patients.models import Patient
from clinic.queueing import redis_client
from tests.databases import own_clinic
from tests.factories import NOW, Factory

BORN = dt.date(1982, 3, 14)


@dataclass
class Clinic:
    """What tests of jobs need of it."""

    app: Flask
    manager: User
    session: Session

    def patient(self, number: int, **values: object) -> Patient:
        defaults: dict[str, object] = {
            "mrn": f"M{number:05d}",
            "family_name": f"Family{number}",
            "given_name": "Ana",
            "display_name": f"Ana Family{number}",
            "sort_name": f"family{number} ana",
            "search_name": f"family{number} ana",
            "birth_date": BORN,
            "registered_at": NOW,
            "updated_at": NOW,
        }
        return Patient(**(defaults | values))

    def add_patients(self, *patients: Patient) -> None:
        with transaction(self.session) as session:
            session.add_all(patients)

    def request(self, kind: ExportKind = ExportKind.PATIENTS, *columns: str, **wanted: object) -> int:
        """Ask for an export, and give its number."""
        choice = Wanted(kind, columns or ("mrn", "family_name"), wanted.pop("filters", {}), **wanted)  # type: ignore[arg-type]
        with transaction(self.session) as session:
            return service.request_export(session, wanted=choice, actor=self.manager, now=clock.now()).id

    def export(self, export_id: int) -> Export:
        self.session.rollback()
        return self.session.get_one(Export, export_id, populate_existing=True)

    def work(self) -> None:
        """Let a worker do everything that waits."""
        worker = SimpleWorker([service.KIND.queue], connection=redis_client(), serializer=JSONSerializer)
        worker.work(burst=True, logging_level="CRITICAL")

    def content(self, export_id: int) -> bytes:
        """The file as it is downloaded."""
        name = self.export(export_id).stored_as
        assert name is not None
        with current_storage().open_sealed(name, name) as file:
            return b"".join(file.chunks())


@pytest.fixture(scope="module")
def own_app(settings: Settings, redis_server: None) -> Iterator[Flask]:
    with own_clinic(settings) as app:
        # Files of other tests, whose exports had the same numbers in another database.
        shutil.rmtree(current_storage().staging.parent / "exports", ignore_errors=True)
        yield app


@pytest.fixture
def clinic(own_app: Flask) -> Iterator[Clinic]:
    with own_app.app_context():
        # Numbers of exports begin at 1 in each test database: jobs of another test must not pass for this one's.
        redis_client().flushdb()
        session = current_session()
        clinic = Clinic(own_app, Factory(session).user(Role.MANAGER, username=f"m{clock.now().timestamp()}"), session)
        yield clinic
        with transaction(session):
            session.execute(update(Export).values(state=ExportState.EXPIRED, stored_as=None))
            session.execute(delete(Patient))
        session.close()
