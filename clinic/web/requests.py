"""Requests whose uploaded files never touch the disk in clear, and that are bounded in size."""

import hashlib
import io
import secrets
from typing import IO, Any, cast

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge

from clinic.config import FORM_BYTES, Settings
from clinic.crypto import key_ring
from clinic.documents.storage import current_storage, storage_errors
from clinic.sealed_files import FileSource, SealedReader, SealedWriter

MEMORY_BYTES = 512 * 1024
CHECKED_BYTES = 8 * 1024 * 1024  # after each so many it is looked at whether the disk still has room
FIELDS_BYTES = 1024 * 1024  # around the largest file


class SealedSpool:
    """A temporary file of a form: in memory while small, else sealed and without a name.

    Written once from start to end, then read; like tempfile.SpooledTemporaryFile otherwise.
    """

    def __init__(self) -> None:
        self._memory = io.BytesIO()
        self._content = hashlib.blake2b(digest_size=32)
        self._writer: SealedWriter | None = None
        self._reader: Any = self._memory
        self._source: FileSource | None = None
        self._unchecked = 0
        self._context = f"spool:{secrets.token_hex(16)}"

    def write(self, data: bytes) -> int:
        self._content.update(data)
        if self._writer is None and self._memory.tell() + len(data) <= MEMORY_BYTES:
            return self._memory.write(data)
        if self._writer is None:
            self._roll_over()
        self._unchecked += len(data)
        if self._unchecked > CHECKED_BYTES:
            self._unchecked = 0
            current_storage().check_room()
        with storage_errors():
            return cast(SealedWriter, self._writer).write(data)

    def _roll_over(self) -> None:
        current_storage().check_room()
        with storage_errors():
            path = current_storage().staging / f"tmp-{secrets.token_hex(16)}"
            self._writer = SealedWriter.create(path, self._context, key_ring())
            self._source = FileSource(path)
            path.unlink()
            self._writer.write(self._memory.getbuffer())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the first move ends the writing."""
        if self._writer and self._source:
            with storage_errors():
                self._writer.finish()
                self._writer.close()
                self._source.measure()
            self._writer = None
            self._reader = io.BufferedReader(SealedReader(self._source, self._context, key_ring()))
        return int(self._reader.seek(offset, whence))

    def digest(self) -> str:
        """Of all that was written, in hex, for comparing with what is sent again; costs no second reading."""
        return self._content.hexdigest()

    def close(self) -> None:
        if self._writer:
            self._writer.close()
        if self._source:
            self._source.close()
        self._reader.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def __iter__(self) -> Any:
        return iter(self._reader)


class ClinicRequest(Request):
    """Files in forms are spooled sealed, where the view takes any."""

    @property
    def takes_files(self) -> bool:
        """Whether the view carries the mark."""
        return getattr(current_app.view_functions.get(self.endpoint or ""), "takes_files", False)

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if not self.takes_files:
            raise RequestEntityTooLarge
        return cast(IO[bytes], SealedSpool())


def _bound_form() -> None:
    """Before anything is read of it: a form that may hold no files is small, and says how long it is."""
    asked = cast(ClinicRequest, request)
    if asked.takes_files:
        return
    asked.max_content_length = asked.max_form_memory_size = FORM_BYTES
    if (asked.content_length or 0) > FORM_BYTES:
        raise RequestEntityTooLarge
    if asked.content_length is None and "Transfer-Encoding" in asked.headers:
        raise LengthRequired


def install(app: Flask, settings: Settings) -> None:
    """No request is larger than the largest file and the form around it; most are no larger than a form."""
    app.request_class = ClinicRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_max + FIELDS_BYTES
    app.before_request(_bound_form)
