"""From the first byte to the document: what the tus routes, the plain form and the sweeping job have in common.

Bytes are handled outside transactions; each step ends with one that is short. A crash between storing a file and
making its document leaves an upload that is complete: asking again, or the sweeping job, finishes it.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask_babel import gettext as _

from clinic import clock
from clinic.auth.models import User
from clinic.db import current_session, transaction
from clinic.documents.models import UploadState
from clinic.documents.storage import Storage
from clinic.documents.uploads import service
from clinic.documents.uploads.receiving import (
    Body,
    Checksum,
    Finished,
    Received,
    Ticket,
    finish_again,
    finish_file,
    receive,
)
from clinic.documents.uploads.staging import Locked, create_file, remove_files, writing
from clinic.errors import Conflict, Invalid, StorageFull, Unavailable
from clinic.idempotency import Key


def begin(
    storage: Storage,
    *,
    patient_id: int,
    described: service.Description,
    limits: service.Limits,
    actor: User,
    key: Key | None = None,
) -> Ticket:
    """Open an upload whose empty file is durable. StorageFull when the disk could not take it."""
    storage.check_room(described.size)
    token = secrets.token_urlsafe(24)
    create_file(storage, token)
    kept = None
    try:
        with transaction() as session:
            upload = service.open_upload(
                session,
                token=token,
                patient_id=patient_id,
                described=described,
                limits=limits,
                actor=actor,
                now=clock.now(),
                key=key,
            )
            kept = Ticket.of(upload)
        return kept
    finally:
        if kept is None or kept.token != token:
            remove_files(storage, token)


def append(
    storage: Storage,
    ticket: Ticket,
    body: Body,
    *,
    offset: int,
    most: int,
    user_id: int,
    checksum: Checksum | None = None,
) -> tuple[Received, Finished | None]:
    """Add a request's bytes at `offset`; the second value is there when the file is now whole and stored.

    Conflict when the file does not end at `offset`, Locked when another request is adding to it. A file that is
    refused or finds no room is discarded.
    """
    current_session().rollback()
    storage.check_room()
    with discarding(storage, ticket.token, user_id), writing(storage, ticket.token) as writer:
        if writer.size != offset:
            raise Conflict(_("The server holds another part of this file than expected."))
        got = receive(
            storage,
            writer,
            body,
            token=ticket.token,
            size=ticket.size,
            most=min(most, ticket.size - offset),
            checksum=checksum,
        )
        whole = got.offset == ticket.size
        return got, finish_file(storage, writer, ticket, got.sha256) if whole else None


def settle(ticket: Ticket, finished: Finished, actor: User) -> UploadState:
    """Turn a stored file into a document, or find that it is a duplicate."""
    with transaction() as session:
        upload = service.finish_upload(
            session,
            token=ticket.token,
            media_type=finished.media_type,
            sha256=finished.sha256,
            actor=actor,
            now=clock.now(),
        )
        return upload.state


def complete(storage: Storage, ticket: Ticket, actor: User) -> UploadState:
    """Finish an upload whose bytes had all arrived; one that is finished already is left as it is."""
    if ticket.state != UploadState.RECEIVING:
        return ticket.state
    current_session().rollback()
    with discarding(storage, ticket.token, actor.id):
        finished = finish_again(storage, ticket)
    return settle(ticket, finished, actor)


def discard(storage: Storage, token: str, user_id: int) -> None:
    """Give an upload up and remove its files. What cannot be removed now is left to the sweeping job."""
    with transaction() as session:
        is_over = service.discard_upload(session, token=token, user_id=user_id)
    if is_over:
        with suppress(Locked, Unavailable):
            remove_files(storage, token)


@contextmanager
def discarding(storage: Storage, token: str, user_id: int) -> Iterator[None]:
    """Discard the upload when its file is refused or finds no room: no half file stays."""
    try:
        yield
    except StorageFull:
        # The files first: the database may need the room.
        with suppress(Locked, Unavailable):
            remove_files(storage, token)
        discard(storage, token, user_id)
        raise
    except Invalid:
        discard(storage, token, user_id)
        raise
