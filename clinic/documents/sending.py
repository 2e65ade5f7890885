"""A stored file as an answer: ranges, a safe name, headers that let no browser run it."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import http_date
from werkzeug.utils import secure_filename

from clinic.crypto import DecryptionError
from clinic.documents.media import ENDINGS
from clinic.documents.models import Document
from clinic.documents.storage import Storage
from clinic.errors import Unavailable
from clinic.sealed_files import SealedReader

# A document may be looked at inside our own pages and nowhere else, and runs nothing.
CONTENT_POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "media-src": "'self'",
    "object-src": "'self'",
    "style-src": "'unsafe-inline'",
    "frame-ancestors": "'self'",
}


def content_disposition(kind: str, name: str) -> str:
    """RFC 6266: an ASCII name for old programs and the true one in UTF-8 (RFC 8187)."""
    simple = secure_filename(name) or "document"
    if simple == name:
        return f'{kind}; filename="{simple}"'
    encoded = quote(name, safe="-._~")
    return f"{kind}; filename=\"{simple}\"; filename*=UTF-8''{encoded}"


def download_name(file_name: str, media_type: str) -> str:
    """The name as uploaded, with an ending that fits what the file is."""
    endings = ENDINGS.get(media_type, (".bin",))
    return file_name if file_name.lower().endswith(endings) else file_name + endings[0]


def requested_range(etag: str, size: int) -> tuple[int, int] | None:
    """[start, stop) of the one range asked for, empty when it cannot be met; None for the whole file.

    Several ranges, another unit or an If-Range of another file get the whole file, as RFC 9110 allows.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    return asked.range_for_length(size) or (0, 0)


def send(storage: Storage, document: Document, kind: str) -> Response:
    """The file, or the range of it that was asked for, decrypted piece by piece as it is sent.

    `kind` is "inline" or "attachment". Raises Unavailable when the stored file cannot be read.
    """
    etag, size = f'"{document.token}"', document.size
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Last-Modified": http_date(document.uploaded_at),
        "Content-Disposition": content_disposition(kind, download_name(document.file_name, document.media_type)),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    part = requested_range(etag, size)
    start, stop = part or (0, size)
    if start == stop:
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    body = iter(()) if request.method == "HEAD" else _pieces(_open(storage, document), start, stop)
    charset = "; charset=utf-8" if document.media_type == "text/plain" else ""
    return Response(body, 206 if part else 200, headers, content_type=document.media_type + charset)


def _open(storage: Storage, document: Document) -> SealedReader:
    try:
        return storage.open_sealed(document.storage_name, document.seal_context)
    except DecryptionError as error:
        raise Unavailable("The stored file is damaged. Tell whoever looks after the server.") from error


def _pieces(reader: SealedReader, start: int, stop: int) -> Iterator[bytes]:
    with reader:
        yield from reader.chunks(start, stop)
