"""Reading and writing the headers of tus 1.0."""

import base64
import binascii
import datetime as dt
import time
from collections.abc import Callable

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date

from clinic.documents.uploads.receiving import BrokenBody, Checksum
from clinic.errors import Invalid
from clinic.numbers import find_whole

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
ALGORITHMS = ("sha256", "sha1", "md5")
BODY_TYPE = "application/offset+octet-stream"
# A connection that says nothing for so long is lost.
SILENCE_SECONDS = 60
ASK_SECONDS = 0.5


class Refused(Exception):
    """The protocol was broken; answered with `status`."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status, self.message = status, message
        super().__init__(message)


def number(name: str) -> int:
    """A header that is a whole number of bytes. Refused (400) when it is missing or something else."""
    raw = request.headers.get(name, "")
    if not raw.isascii() or not raw.isdecimal() or len(raw) > 15:
        raise Refused(400, f"{name} must be a whole number.")
    return int(raw)


def metadata() -> dict[str, str]:
    """Upload-Metadata decoded. Refused (400) when it is not as the protocol says."""
    values: dict[str, str] = {}
    for pair in filter(None, request.headers.get("Upload-Metadata", "").split(",")):
        key, _space, encoded = pair.strip().partition(" ")
        try:
            values[key] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused(400, "Upload-Metadata must be base64 of UTF-8.") from error
    return values


def checksum() -> Checksum | None:
    """Upload-Checksum, if sent. Refused (400) for an unknown algorithm or a mangled value."""
    raw = request.headers.get("Upload-Checksum")
    if raw is None:
        return None
    algorithm, _space, encoded = raw.partition(" ")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused(400, "Upload-Checksum must be base64.") from error
    if algorithm not in ALGORITHMS:
        raise Refused(400, "Upload-Checksum names an unknown algorithm.")
    return Checksum(algorithm, digest)


def check_body_type() -> None:
    """Refused (415) unless the body is announced as the protocol wants."""
    if request.mimetype != BODY_TYPE:
        raise Refused(415, f"The body must be {BODY_TYPE}.")


class RequestBody:
    """The body of this request. A lost connection is told apart from a full disk.

    `is_over` is asked now and then: a sender whose connection died without a word may have begun anew.
    """

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._stream, self._is_over = request.stream, is_over
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(ASK_SECONDS)

    def read(self, size: int, /) -> bytes:
        until = time.monotonic() + SILENCE_SECONDS
        while not self._is_over():
            try:
                return self._stream.read(size)
            except TimeoutError as error:
                # gunicorn keeps what it has of a read that timed out.
                if time.monotonic() > until:
                    raise BrokenBody from error
            except (OSError, ClientDisconnected) as error:
                raise BrokenBody from error
        raise BrokenBody


def body_length(limit: int) -> int:
    """How many bytes of the body may be kept. Refused (413) when more than `limit` are announced."""
    if (request.content_length or 0) > limit:
        raise Refused(413, _("That is more than the file was said to have."))
    return limit


def empty(status: int, **headers: str | int) -> Response:
    """An answer without a body; `upload_offset=3` becomes "Upload-Offset: 3"."""
    response = Response(status=status)
    for name, value in headers.items():
        response.headers[name.replace("_", "-").title()] = str(value)
    return response


def expires(at: dt.datetime) -> str:
    """The date of Upload-Expires."""
    return http_date(at)


def patient_id(values: dict[str, str]) -> int:
    """The patient named in the metadata. Invalid without one."""
    found = find_whole(values.get("patient"))
    if found is None:
        raise Invalid(_("It is not known whose file this is."))
    return found
