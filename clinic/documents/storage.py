"""Where finished files are kept: a folder (file:///...) or a bucket (s3://bucket/prefix), behind one interface.

A file is written in `staging` first, made durable there, then committed under its name in one step: nobody ever
sees half a file, and what was acknowledged survives a power cut. Names are made by us, never by a user.
S3 credentials, region and endpoint come from the usual AWS_* variables.
"""

import errno
import os
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError as S3Error
from obstore.store import S3Store

from clinic.crypto import key_ring
from clinic.errors import NotFound, StorageFull, Unavailable
from clinic.room import check_room
from clinic.sealed_files import FileSource, SealedReader, SealedWriter, Source, sync_folder

_NAME = re.compile(r"[a-z][a-z0-9]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+\Z")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MULTIPART_BYTES = 8 * 1024 * 1024


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn failures of disk and bucket into StorageFull, NotFound and Unavailable with a message for people."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("The stored file is not there.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("The server's disk is full. Nothing was kept of the last part.") from error
        raise Unavailable("The file storage does not answer. Try again in a moment.") from error
    except S3Error as error:
        raise Unavailable("The file storage does not answer. Try again in a moment.") from error


class Storage(ABC):
    """Named, immutable files. Every method raises StorageFull or Unavailable when the storage fails."""

    def __init__(self, staging: Path, *beside: Path) -> None:
        """`beside` are further folders whose disks keep their reserve: the database's."""
        self._staging, self._beside = staging, beside

    @property
    def staging(self) -> Path:
        """The folder of half-finished files, made when first used; all web processes must share it."""
        self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._staging

    @abstractmethod
    def put_file(self, source: Path, name: str) -> None:
        """Commit a finished, fsynced file of `staging` under `name`; afterwards `source` is gone."""

    @abstractmethod
    def open(self, name: str) -> Source:
        """The stored bytes for ranged reads; NotFound when there is no such file."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether a file was committed under `name`."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Remove a file for good; one that is not there is fine."""

    @abstractmethod
    def check(self) -> None:
        """Raise Unavailable unless files could be read and written now."""

    def put(self, stream: Iterable[bytes], name: str) -> int:
        """Store a stream under `name` as it is; returns its bytes."""
        with storage_errors(), self._temporary() as path, path.open("xb") as file:
            size = sum(file.write(piece) for piece in stream)
            file.flush()
            os.fsync(file.fileno())
            self.put_file(path, name)
        return size

    @contextmanager
    def create_sealed(self, name: str, context: str) -> Iterator[SealedWriter]:
        """Write a sealed file that appears under `name` when the block ends well, and not at all otherwise."""
        self.check_room()
        with storage_errors(), self._temporary() as path:
            with SealedWriter.create(path, context, key_ring()) as writer:
                yield writer
                writer.finish()
            self.put_file(path, name)

    def open_sealed(self, name: str, context: str) -> SealedReader:
        """Read a sealed file; close it after use. DecryptionError when it was altered or is another's."""
        with storage_errors():
            return SealedReader(self.open(name), context, key_ring())

    def check_room(self, needed: int = 0) -> None:
        """Raise StorageFull unless there is room for `needed` further bytes and for what must go on meanwhile."""
        with storage_errors():
            check_room(self.staging, *self._beside, needed=needed)

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        path = self.staging / f"tmp-{secrets.token_hex(16)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


class DiskStorage(Storage):
    """A folder; `staging` is inside it, so that committing is a rename."""

    def __init__(self, root: Path, *beside: Path) -> None:
        super().__init__(root / ".staging", *beside)
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / _checked(name)

    def put_file(self, source: Path, name: str) -> None:
        with storage_errors():
            target = self._path(name)
            _make_folder(target.parent)
            os.replace(source, target)
            sync_folder(target.parent)

    def open(self, name: str) -> Source:
        with storage_errors():
            return FileSource(self._path(name))

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        with storage_errors():
            self._path(name).unlink(missing_ok=True)

    def check(self) -> None:
        with storage_errors(), self._temporary() as path:
            path.write_bytes(b"ok")


class S3Storage(Storage):
    """A bucket; files are staged on the server's disk and sent when they are finished."""

    def __init__(self, url: str, staging: Path, *beside: Path) -> None:
        super().__init__(staging, *beside)
        self._store = S3Store.from_url(
            url,
            # An endpoint inside the house may speak plain HTTP: what is sent is sealed already.
            client_options={"connect_timeout": "5s", "timeout": "60s", "allow_http": True},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    def put_file(self, source: Path, name: str) -> None:
        with storage_errors():
            obstore.put(self._store, _checked(name), source, chunk_size=MULTIPART_BYTES, max_concurrency=4)
            source.unlink()

    def open(self, name: str) -> Source:
        with storage_errors():
            return _S3Source(self._store, _checked(name), obstore.head(self._store, _checked(name))["size"])

    def exists(self, name: str) -> bool:
        with storage_errors():
            try:
                obstore.head(self._store, _checked(name))
            except FileNotFoundError:
                return False
        return True

    def delete(self, name: str) -> None:
        with storage_errors():
            obstore.delete(self._store, _checked(name))

    def check(self) -> None:
        self.exists("health/probe")


class _S3Source:
    """An object as a Source: each read is one ranged request."""

    def __init__(self, store: S3Store, name: str, size: int) -> None:
        self._store, self._name, self.size = store, name, size

    def read_at(self, offset: int, length: int) -> bytes:
        with storage_errors():
            return bytes(obstore.get_range(self._store, self._name, start=offset, length=length))

    def close(self) -> None:
        """Nothing stays open between reads."""


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"Not a name for a stored file: {name!r}")
    return name


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents so that they survive a power cut."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def open_storage(url: str, var: Path) -> Storage:
    """The storage a STORAGE_URL names. Nothing is contacted or made yet."""
    if url.startswith("s3://"):
        return S3Storage(url, var / "staging", var)
    return DiskStorage(Path(unquote(urlsplit(url).path)), var)


class _Current:
    storage: Storage | None = None


def use_storage(storage: Storage) -> None:
    """Set the process's storage; called once at start."""
    _Current.storage = storage


def current_storage() -> Storage:
    """The process's storage; RuntimeError before create_app() set it."""
    if _Current.storage is None:
        raise RuntimeError("The storage is not set: create the app first.")
    return _Current.storage
