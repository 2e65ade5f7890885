"""The files of unfinished uploads: one writer at a time, and a way for a newcomer to ask it to stop."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_babel import gettext as _

from clinic.crypto import key_ring
from clinic.documents.models import seal_context, storage_name
from clinic.documents.storage import Storage, storage_errors
from clinic.errors import Conflict
from clinic.sealed_files import SealedWriter, stored_plain_size, sync_folder

PATIENCE_SECONDS = 3


class Locked(Conflict):
    """Another request is writing to this upload."""


def staged_path(storage: Storage, token: str) -> Path:
    """Where the bytes of an unfinished upload are."""
    return storage.staging / f"upload-{token}"


def _held_path(storage: Storage, token: str) -> Path:
    return storage.staging / f"held-{token}"


def _wanted_path(storage: Storage, token: str) -> Path:
    return storage.staging / f"wanted-{token}"


def create_file(storage: Storage, token: str) -> None:
    """An empty, durable file for a new upload."""
    with storage_errors():
        SealedWriter.create(staged_path(storage, token), seal_context(token), key_ring()).close()


def staged_bytes(storage: Storage, token: str) -> int | None:
    """Plaintext bytes that are kept, read from disk; None when there is no such file."""
    with storage_errors():
        path = staged_path(storage, token)
        if not path.exists():
            return None
        held = _held_offset(storage, token)
        return stored_plain_size(path) if held is None else held


@contextmanager
def writing(storage: Storage, token: str) -> Iterator[SealedWriter]:
    """The upload's file, continued after its last sound byte, for one request at a time.

    Raises Locked when another request holds it, NotFound when the file is gone.
    """
    with storage_errors():
        path = staged_path(storage, token)
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _lock(fd, path)
            with SealedWriter.resume(path, seal_context(token), key_ring()) as writer:
                _cut_unverified(storage, token, writer)
                yield writer
        finally:
            os.close(fd)


def _lock(fd: int, path: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Locked(_("This file is being received already.")) from error
    if not path.exists() or path.stat().st_ino != os.fstat(fd).st_ino:
        raise FileNotFoundError(path)


def take_over(storage: Storage, token: str) -> None:
    """Make a request that still waits for bytes of a dead connection stop: its sender is asking again already.

    Raises Locked when it does not stop within PATIENCE_SECONDS.
    """
    with storage_errors():
        path, until = staged_path(storage, token), time.monotonic() + PATIENCE_SECONDS
        if not path.exists() or _is_free(path):
            return
        wanted = _wanted_path(storage, token)
        wanted.touch()
        try:
            while path.exists() and not _is_free(path):
                if time.monotonic() > until:
                    raise Locked(_("This file is being received already."))
                time.sleep(0.05)
        finally:
            wanted.unlink(missing_ok=True)


def is_wanted(storage: Storage, token: str) -> bool:
    """Whether a newcomer asks the writer of this upload to stop."""
    return _wanted_path(storage, token).exists()


def _is_free(path: Path) -> bool:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(fd, path)
    except Locked:
        return False
    finally:
        os.close(fd)
    return True


def hold(storage: Storage, token: str, offset: int) -> None:
    """Remember, durably, where bytes begin that still await their checksum."""
    with _held_path(storage, token).open("w") as held:
        held.write(str(offset))
        held.flush()
        os.fsync(held.fileno())
    sync_folder(storage.staging)


def release(storage: Storage, token: str) -> None:
    """The bytes since hold() are checked, or taken back."""
    _held_path(storage, token).unlink(missing_ok=True)


def _held_offset(storage: Storage, token: str) -> int | None:
    held = _held_path(storage, token)
    text = held.read_text() if held.exists() else ""
    return int(text) if text else None


def _cut_unverified(storage: Storage, token: str, writer: SealedWriter) -> None:
    """Take back what a request with a checksum wrote before the server was killed."""
    offset = _held_offset(storage, token)
    if offset is not None:
        writer.cut(offset)
    release(storage, token)


def remove_files(storage: Storage, token: str) -> None:
    """Remove whatever an upload left, staged or stored. Locked when somebody is writing to it."""
    with storage_errors():
        path = staged_path(storage, token)
        if path.exists():
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _lock(fd, path)
                path.unlink()
            finally:
                os.close(fd)
        release(storage, token)
    storage.delete(storage_name(token))
