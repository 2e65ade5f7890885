"""Making the file of an export, and keeping the list of exports true when workers or Redis die."""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Generator
from types import TracebackType

from sqlalchemy.exc import OperationalError

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.background import aside
from clinic.crypto import DecryptionError
from clinic.db import current_session, db, transaction
from clinic.documents.storage import current_storage
from clinic.errors import StorageFull, Unavailable
from clinic.exports import service
from clinic.exports.datasets.registry import DATASETS
from clinic.exports.files.cells import RowFile, Sink
from clinic.exports.files.csv_file import CsvFile
from clinic.exports.files.rows import copy_rows, count_rows, snapshot
from clinic.exports.files.xlsx_file import XlsxFile
from clinic.exports.models import ExportFailure, ExportFormat
from clinic.exports.queries import list_expiring, list_leftovers
from clinic.exports.service import KIND, Made, Task, Wanted
from clinic.tasks import service as tasks
from clinic.tasks.beating import Beating
from clinic.web.security import settings

PROGRESS_SECONDS = 0.5
log = logging.getLogger(__name__)


class Stopped(Exception):
    """The export was cancelled or handed to another worker: nothing is left to do."""


def run(export_id: int, attempt: int) -> None:
    """Make the file of an export, once: a second call for the same attempt does nothing."""
    with transaction() as session:
        task = service.claim_export(session, export_id=export_id, attempt=attempt, now=clock.now())
    if task is None:
        return
    with _Outcome(task), Beating(KIND, task):
        if task.obsolete:
            current_storage().delete(task.obsolete)
        made = _make_file(task)
        now = clock.now()
        expires_at = now + dt.timedelta(days=settings().export_days)
        with transaction() as session:
            is_ours = service.finish_export(session, task, made=made, expires_at=expires_at, now=now)
        if not is_ours:
            current_storage().delete(task.stored_as)


class _Outcome:
    """Writes down how the work on a task ended, whatever was raised."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or isinstance(error, Stopped):
            return True
        failure = _failure_of(error)
        is_final = failure is not ExportFailure.UNAVAILABLE
        with transaction() as session:
            tasks.fail(session, KIND, self._task, failure=failure, is_final=is_final, now=clock.now())
        # The log tells where it was raised; of these kinds there is nothing more to tell.
        return failure in (ExportFailure.STORAGE_FULL, ExportFailure.DAMAGED)


def _failure_of(error: BaseException) -> ExportFailure:
    if isinstance(error, StorageFull):
        return ExportFailure.STORAGE_FULL
    if isinstance(error, DecryptionError):
        return ExportFailure.DAMAGED
    if isinstance(error, Unavailable | OperationalError | OSError):
        return ExportFailure.UNAVAILABLE
    return ExportFailure.DEFECT


class _Digesting:
    """Passes bytes on and keeps their SHA-256."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._sink.write(data)


class _Progress:
    """Tells the database, every half second, how far the task is; raises Stopped when it is ours no more."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._told = 0.0

    def __call__(self, rows: int, total: int) -> None:
        if time.monotonic() - self._told < PROGRESS_SECONDS:
            return
        self._told = time.monotonic()
        current_storage().check_room()
        with transaction() as session:
            is_ours = service.note_progress(session, self._task, rows=rows, total=total, now=clock.now())
        if not is_ours:
            raise Stopped


def _make_file(task: Task) -> Made:
    """Stream the rows of one snapshot into a sealed file that appears only when it is whole."""
    made, report = Made(0, 0, "", _filename(task.wanted)), _Progress(task)
    for step in aside(_making(task)):
        if isinstance(step, Made):
            made = step
        else:
            report(*step)
    return made


def _making(task: Task) -> Generator[tuple[int, int] | Made, None, None]:
    """The work itself: how many rows of how many are written, again and again, and at last what was made."""
    dataset, zone, rows = DATASETS[task.wanted.kind], settings().zone, 0
    filling = dataset.filling(task.wanted.columns, zone)
    query = dataset.query(filling, task.wanted.filters, zone)
    with snapshot(db.engine) as connection, current_storage().create_sealed(task.stored_as, task.stored_as) as sealed:
        total = count_rows(connection, query)
        yield 0, total
        sink = _Digesting(sealed)
        for rows in copy_rows(connection, query, filling, _open_file(task.wanted, sink)):
            yield rows, total
        size = sealed.size
    yield Made(rows, size, sink.sha256.hexdigest(), _filename(task.wanted))


def _open_file(wanted: Wanted, sink: Sink) -> RowFile:
    dataset = DATASETS[wanted.kind]
    columns = dataset.chosen(wanted.columns)
    headers, kinds = [str(column.label) for column in columns], [column.kind for column in columns]
    if wanted.format is ExportFormat.XLSX:
        return XlsxFile(sink, headers, kinds, title=str(dataset.label))
    return CsvFile(sink, headers, kinds, delimiter=wanted.delimiter.character, bom=wanted.has_bom)


def _filename(wanted: Wanted) -> str:
    local = clock.now().astimezone(settings().zone)
    return f"{wanted.kind.replace('_', '-')}-{local:%Y-%m-%d-%H%M}.{wanted.format}"


@by_the_clock
def clean_up() -> None:
    """Withdraw exports whose time is over and delete the files that nobody can fetch any more. Safe to repeat."""
    now = clock.now()
    for export_id in list_expiring(current_session(), now):
        with transaction() as session:
            service.expire_export(session, export_id=export_id, now=now)
    for export_id, stored_as in list_leftovers(current_session()):
        current_storage().delete(stored_as)
        with transaction() as session:
            service.forget_file(session, export_id=export_id, stored_as=stored_as)
