"""Cleaning up after uploads, by the clock."""

import datetime as dt
import logging
import time
from contextlib import suppress
from pathlib import Path

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.auth.models import User
from clinic.db import current_session, transaction
from clinic.documents.models import UploadState
from clinic.documents.storage import Storage, current_storage, storage_errors
from clinic.documents.uploads import intake, service
from clinic.documents.uploads.queries import has_upload, list_uploads_to_sweep
from clinic.documents.uploads.receiving import Ticket, received_bytes
from clinic.documents.uploads.staging import remove_files
from clinic.errors import DomainError

# A sender that is still there finishes by itself within this time.
SETTLED = dt.timedelta(minutes=10)
ABANDONED_SECONDS = 24 * 3600
BATCH = 200
log = logging.getLogger(__name__)


@by_the_clock
def sweep() -> None:
    """Finish uploads that are complete, remove those that are over and files nobody knows. Harmless when repeated."""
    storage, now = current_storage(), clock.now()
    for upload in list_uploads_to_sweep(current_session(), now=now, settled=now - SETTLED, limit=BATCH):
        ticket, person, upload_id = Ticket.of(upload), upload.user, upload.id
        is_over = upload.expires_at <= now
        try:
            _sweep_one(storage, ticket, person, upload_id, is_over=is_over)
        except DomainError as error:
            log.warning("an upload was left as it is: %s", type(error).__name__)
    _remove_abandoned(storage)


def _sweep_one(storage: Storage, ticket: Ticket, person: User, upload_id: int, *, is_over: bool) -> None:
    state = ticket.state
    if state == UploadState.RECEIVING and received_bytes(storage, ticket) == ticket.size:
        state = intake.complete(storage, ticket, person)
    if not is_over and state != UploadState.DISCARDED:
        return
    if state != UploadState.STORED:
        with transaction() as session:
            service.discard_upload(session, token=ticket.token, user_id=person.id)
        remove_files(storage, ticket.token)
    with transaction() as session:
        service.forget_upload(session, upload_id=upload_id)


def _remove_abandoned(storage: Storage) -> None:
    """Files of staging that a crash left and no upload owns."""
    oldest = time.time() - ABANDONED_SECONDS
    with storage_errors():
        old = [path for path in storage.staging.iterdir() if path.stat().st_mtime < oldest]
    for path in old:
        if path.name.startswith(("tmp-", "wanted-")) or not _is_known(path):
            with suppress(FileNotFoundError):
                path.unlink()


def _is_known(path: Path) -> bool:
    token = path.name.partition("-")[2]
    return has_upload(current_session(), token)
