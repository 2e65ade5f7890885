"""Running an import, and keeping the list of imports true when workers or Redis die."""

import datetime as dt
import time
from collections.abc import Generator
from types import TracebackType

from sqlalchemy.exc import OperationalError

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.background import Pace, aside
from clinic.crypto import DecryptionError
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.errors import NotFound, StorageFull, Unavailable
from clinic.imports import service
from clinic.imports.batches import prepare_row
from clinic.imports.files import open_upload, rows_of
from clinic.imports.models import ImportFailure
from clinic.imports.queries import list_leftovers
from clinic.imports.rows import Row
from clinic.imports.service import KIND, Task
from clinic.tasks import service as tasks
from clinic.tasks.beating import Beating
from clinic.web.security import settings

# At most so many rows are written at once; how many it is follows from how long they hold the turn to write.
BATCH_ROWS = 200
# Fewer than these would be mostly the cost of a transaction itself.
LEAST_ROWS = 8
# How often who looks at an import is told how far it is.
PROGRESS_SECONDS = 0.5
# A batch of very long rows ends earlier, so that memory stays bounded.
BATCH_BYTES = 4 * 1024 * 1024
KEEP_UPLOADS = dt.timedelta(days=7)


def run(import_id: int, attempt: int) -> None:
    """Import a file from where it stopped to its end; a second call for the same attempt does nothing."""
    with transaction() as session:
        task = service.claim_import(session, import_id=import_id, attempt=attempt, now=clock.now())
    if task is None:
        return
    with _Outcome(task), Beating(KIND, task):
        if _write_all(task):
            with transaction() as session:
                service.finish_import(session, task, now=clock.now())


def _write_all(task: Task) -> bool:
    """Write batch after batch; False when the import was cancelled or given to another worker."""
    position, pace, told = task.position, Pace(least=min(LEAST_ROWS, BATCH_ROWS), most=BATCH_ROWS), 0.0
    for rows in aside(_batches(task, pace)):
        current_storage().check_room()
        is_told = time.monotonic() - told >= PROGRESS_SECONDS
        told = time.monotonic() if is_told else told
        with pace.transaction(len(rows)) as session:
            is_ours = service.write_rows(session, task, position=position, rows=rows, now=clock.now(), is_told=is_told)
        if not is_ours:
            return False
        position = rows[-1].end
    return True


def _batches(task: Task, pace: Pace) -> Generator[list[Row], None, None]:
    """The rows of the file, read and understood, as many at a time as may be written at once."""
    config, batch, start = settings(), list[Row](), task.position
    today = clock.clinic_day(clock.now(), config.zone)
    with open_upload(current_storage(), task.stored_as) as stream:
        for row in rows_of(
            stream,
            task.kind,
            task.options,
            region=config.region,
            today=today,
            position=task.position,
            line=task.line,
        ):
            batch.append(prepare_row(row))
            if len(batch) >= pace.rows or row.end - start > BATCH_BYTES:
                yield batch
                batch, start = [], row.end
    if batch:
        yield batch


class _Outcome:
    """Writes down how the work on a task ended, whatever was raised."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return True
        failure = _failure_of(error)
        is_final = failure is not ImportFailure.UNAVAILABLE
        with transaction() as session:
            tasks.fail(session, KIND, self._task, failure=failure, is_final=is_final, now=clock.now())
        # The log tells where it was raised; of a damaged file there is nothing more to tell.
        return failure is ImportFailure.DAMAGED


def _failure_of(error: BaseException) -> ImportFailure:
    if isinstance(error, DecryptionError | NotFound):
        return ImportFailure.DAMAGED
    if isinstance(error, StorageFull | Unavailable | OperationalError | OSError):
        return ImportFailure.UNAVAILABLE
    return ImportFailure.DEFECT


@by_the_clock
def clean_up() -> None:
    """Delete the files of imports that are done, or that nobody went on with for a week. Safe to repeat."""
    for import_id, stored_as in list_leftovers(current_session(), clock.now() - KEEP_UPLOADS):
        current_storage().delete(stored_as)
        with transaction() as session:
            service.forget_file(session, import_id=import_id, stored_as=stored_as)
