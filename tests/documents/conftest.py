"""A patient, a tus client, and a storage that each test finds empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from clinic.documents import storage as storage_module
from clinic.documents.storage import DiskStorage, use_storage
from clinic.patients.models import Patient
from tests.browser_client import Browser
from tests.documents.files import Tus
from tests.patients.records import register


@pytest.fixture
def disk(app: object, tmp_path: Path) -> Iterator[DiskStorage]:
    """A storage of this test's own."""
    before, own = storage_module.current_storage(), DiskStorage(tmp_path / "storage")
    use_storage(own)
    yield own
    use_storage(before)


@pytest.fixture
def patient(session: Session) -> Patient:
    return register(session)


@pytest.fixture
def tus(receptionist: Browser, patient: Patient, disk: DiskStorage) -> Tus:
    """A receptionist who uploads for `patient`."""
    return Tus(receptionist, patient)
