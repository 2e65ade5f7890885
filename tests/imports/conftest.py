"""Files to import, and the real data of the shared folder where it is present."""

import io
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.db import transaction
from clinic.documents.storage import current_storage
from clinic.idempotency import key_of
from clinic.imports import jobs, service
from clinic.imports.models import Import, ImportRefusal
from clinic.imports.queries import get_import
from clinic.imports.uploads import store_upload
from tests.factories import Factory

# Beside the repository, or beside a folder that holds it.
SHARED = next((p / "shared/data" for p in Path(__file__).parents[3:] if (p / "shared/data").is_dir()), None)


@dataclass
class Importer:
    """Takes files in as the screens do, and runs their jobs."""

    session: Session
    manager: User

    def upload(self, content: bytes, source: str = "Old system", **options: Any) -> Import:
        upload = store_upload(io.BytesIO(content), current_storage(), day_first=True)
        upload.options.update(options)
        with transaction(self.session) as session:
            return service.create_import(
                session,
                upload=upload,
                source=source,
                filename="file",
                key=key_of(secrets.token_urlsafe(24)),
                actor=session.get_one(User, self.manager.id),
                now=clock.now(),
            )

    def start(self, row: Import) -> Import:
        with transaction(self.session) as session:
            service.start_import(session, import_id=row.id, options=row.options, actor=self.manager, now=clock.now())
        return get_import(self.session, row.id)

    def run(self, content: bytes, source: str = "Old system", **options: Any) -> Import:
        """Upload, start and import a file to its end."""
        row = self.start(self.upload(content, source, **options))
        jobs.run(row.id, row.attempt)
        return get_import(self.session, row.id)

    def refusals(self, row: Import) -> dict[int, str]:
        found = self.session.scalars(select(ImportRefusal).where(ImportRefusal.import_id == row.id))
        return {refusal.line: refusal.reason for refusal in found}


def ndjson(*resources: Any) -> bytes:
    """One resource a line; text stands as it is."""
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in resources]
    return "\n".join(lines).encode() + b"\n"


def person(number: int = 1, **elements: Any) -> dict[str, Any]:
    """A small FHIR Patient."""
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"use": "official", "family": f"Family{number}", "given": ["Ana", "María"]}],
        "gender": "female",
        "birthDate": "1982-03-14",
    } | elements


def shared_file(name: str) -> bytes:
    """A file of the shared data; the test is skipped where the folder is absent."""
    if SHARED is None:
        pytest.skip("There is no folder shared/data beside the repository: it holds the real input.")
    return (SHARED / name).read_bytes()


@pytest.fixture
def importer(session: Session, make: Factory) -> Importer:
    return Importer(session, make.user(Role.MANAGER))


@pytest.fixture(autouse=True)
def large_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is imported is tested here, not how an import makes room for people: it writes as much at once as it may."""
    monkeypatch.setattr(jobs, "LEAST_ROWS", jobs.BATCH_ROWS)
