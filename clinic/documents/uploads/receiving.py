"""The bytes of an upload: staged on disk as they arrive, so that the offset told is the offset kept."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask_babel import gettext as _

from clinic.crypto import DecryptionError, key_ring
from clinic.documents.media import check_head, detect
from clinic.documents.models import Upload, UploadState, seal_context, storage_name
from clinic.documents.storage import Storage, storage_errors
from clinic.documents.uploads.staging import hold, release, staged_bytes, staged_path, writing
from clinic.errors import Conflict, Invalid
from clinic.sealed_files import FileSource, SealedReader, SealedWriter

READ_BYTES = 256 * 1024
_HEAD_BYTES = 64 * 1024


class Body(Protocol):
    """What bytes are read from, such as the body of a request."""

    def read(self, size: int, /) -> bytes: ...


class BrokenBody(Exception):
    """The sender went away in the middle of a body, or began anew elsewhere."""


class ChecksumMismatch(Conflict):
    """The bytes that arrived are not those that were sent; they were taken back."""


@dataclass(frozen=True)
class Ticket:
    """What receiving needs to know of an upload, free of the database session."""

    token: str
    size: int
    state: UploadState

    @classmethod
    def of(cls, upload: Upload) -> "Ticket":
        return cls(upload.token, upload.size, upload.state)


@dataclass(frozen=True)
class Received:
    """`offset`: bytes that are durable. `sha256`: of the whole file, when it came in one piece."""

    offset: int
    sha256: str | None = None


@dataclass(frozen=True)
class Finished:
    """What a whole file turned out to be."""

    media_type: str
    sha256: str


@dataclass
class Checksum:
    """What the sender says the bytes of one request hash to."""

    algorithm: str
    digest: bytes
    running: Any = field(init=False)

    def __post_init__(self) -> None:
        self.running = hashlib.new(self.algorithm, usedforsecurity=False)

    def matches(self) -> bool:
        return bool(self.running.digest() == self.digest)


def received_bytes(storage: Storage, ticket: Ticket) -> int:
    """How many bytes are kept, read from disk: what the database says is never trusted here."""
    if ticket.state in (UploadState.STORED, UploadState.DUPLICATE):
        return ticket.size
    staged = staged_bytes(storage, ticket.token)
    if staged is None:
        return ticket.size if storage.exists(storage_name(ticket.token)) else 0
    return staged


def receive(
    storage: Storage,
    writer: SealedWriter,
    body: Body,
    *,
    token: str,
    size: int,
    most: int,
    checksum: Checksum | None = None,
) -> Received:
    """Append at most `most` bytes of `body` to a file that will have `size`, durably.

    A connection that breaks leaves what had arrived. Invalid for content that is not accepted, ChecksumMismatch
    with nothing kept of this request.
    """
    start = writer.size
    if checksum:
        hold(storage, token, start)
    whole = hashlib.sha256() if start == 0 else None
    for piece in _pieces(body, most):
        if writer.size == 0:
            _check_first(piece, size)
        writer.write(piece)
        for running in (whole, checksum and checksum.running):
            if running:
                running.update(piece)
    writer.flush()
    if checksum:
        _verify(storage, token, writer, start, checksum)
    is_whole = whole is not None and writer.size == size
    return Received(writer.durable, whole.hexdigest() if whole and is_whole else None)


def _check_first(piece: bytes, size: int) -> None:
    if len(piece) >= min(size, _HEAD_BYTES):
        check_head(piece[:_HEAD_BYTES])


def _verify(storage: Storage, token: str, writer: SealedWriter, start: int, checksum: Checksum) -> None:
    matches = checksum.matches()
    if not matches:
        writer.cut(start)
    release(storage, token)
    if not matches:
        raise ChecksumMismatch(_("The file was damaged on its way. It is sent again."))


def _pieces(body: Body, most: int) -> Iterator[bytes]:
    """The body in small pieces; a broken connection ends it."""
    while most > 0:
        try:
            piece = body.read(min(READ_BYTES, most))
        except BrokenBody:
            return
        if not piece:
            return
        most -= len(piece)
        yield piece


def finish_file(storage: Storage, writer: SealedWriter, ticket: Ticket, sha256: str | None) -> Finished:
    """Check what the whole file is and commit it to the storage; the caller holds it by writing()."""
    with storage_errors():
        writer.finish()
        path = staged_path(storage, ticket.token)
        with SealedReader(FileSource(path), seal_context(ticket.token), key_ring()) as reader:
            finished = _inspect(reader, sha256)
        storage.put_file(path, storage_name(ticket.token))
    return finished


def finish_again(storage: Storage, ticket: Ticket) -> Finished:
    """The same for a file all of whose bytes had arrived when something went wrong.

    Conflict when bytes are missing, NotFound when the file is gone.
    """
    if staged_path(storage, ticket.token).exists():
        with writing(storage, ticket.token) as writer:
            if writer.size != ticket.size:
                raise Conflict(_("This file has not arrived completely."))
            return finish_file(storage, writer, ticket, None)
    with storage.open_sealed(storage_name(ticket.token), seal_context(ticket.token)) as reader:
        return _inspect(reader, None)


def _inspect(reader: SealedReader, sha256: str | None) -> Finished:
    try:
        media_type = detect(reader, reader.size)
        if sha256 is None:
            running = hashlib.sha256()
            for piece in reader.chunks():
                running.update(piece)
            sha256 = running.hexdigest()
    except DecryptionError as error:
        raise Invalid(_("The file was damaged on the server. Send it again."), "file") from error
    return Finished(media_type, sha256)
