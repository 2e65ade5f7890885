"""Taking a file in: what it holds is found out from its content, and it is stored sealed."""

import codecs
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask_babel import gettext as _

from clinic.documents.storage import Storage
from clinic.errors import Invalid
from clinic.imports.fhir.reading import parse
from clinic.imports.lines import BOM
from clinic.imports.models import ImportKind
from clinic.imports.rows import readable_file
from clinic.imports.tables.columns import guess_columns
from clinic.imports.tables.reading import guess_delimiter

HEAD_BYTES = 256 * 1024
_PIECE = 1024 * 1024
_KINDS = {"Patient": ImportKind.FHIR_PATIENTS, "Practitioner": ImportKind.FHIR_PRACTITIONERS}


@dataclass(frozen=True)
class StoredUpload:
    """A stored file: `lines` counts line ends, `options` are those of Import."""

    kind: ImportKind
    stored_as: str
    size: int
    sha256: str
    lines: int
    options: dict[str, Any]


def store_upload(stream: BinaryIO, storage: Storage, *, day_first: bool) -> StoredUpload:
    """Store a file under a new name; raises Invalid, storing nothing, for one that cannot be imported.

    `day_first`: whether 3/4 is the third of April where the clinic is.
    """
    head = stream.read(HEAD_BYTES)
    with readable_file():
        kind = detect_kind(head)
    name = f"imports/{secrets.token_urlsafe(24)}"
    measured = _Measured()
    with storage.create_sealed(name, name) as sealed:
        for piece in _pieces(head, stream):
            measured.take(piece)
            sealed.write(piece)
        with readable_file():
            options = table_options(head, measured.encoding, day_first) if kind.is_table else {}
    return StoredUpload(kind, name, measured.size, measured.digest.hexdigest(), measured.lines, options)


def _pieces(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield head
    while piece := stream.read(_PIECE):
        yield piece


class _Measured:
    """Size, lines, digest and encoding of a stream."""

    def __init__(self) -> None:
        self.size = self.lines = 0
        self.digest = hashlib.sha256()
        self.encoding = "utf-8"
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        self.lines += piece.count(b"\n")
        self.digest.update(piece)
        try:
            self._decoder.decode(piece)
        except UnicodeDecodeError:
            self.encoding = "cp1252"
            self._decoder.reset()


def detect_kind(head: bytes) -> ImportKind:
    """What the file holds; raises Invalid with advice for what cannot be imported."""
    start = head.removeprefix(BOM).lstrip()
    if not start:
        raise Invalid(_("This file is empty."), "file")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Invalid(_("This is a spreadsheet or an archive: save the table as CSV (UTF-8) first."), "file")
    if head.startswith(b"\x1f\x8b"):
        raise Invalid(_("This file is compressed: unpack it first."), "file")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Invalid(_("This file is written in UTF-16: save it as CSV (UTF-8)."), "file")
    if start.startswith((b"{", b"[")):
        return _detect_resource(start)
    # A stray NUL spoils one row; a file full of them is no text.
    if start.count(b"\x00") * 20 > len(start):
        raise Invalid(_("This is neither a CSV file nor FHIR resources in NDJSON."), "file")
    return ImportKind.CSV_PATIENTS


def _detect_resource(start: bytes) -> ImportKind:
    """By the first line that is a resource: one broken line spoils no file."""
    found = None
    for line in start.splitlines():
        try:
            found = str(parse(line).get("resourceType") or "")[:60]
        except Invalid:
            continue
        if found in _KINDS:
            return _KINDS[found]
    if found:
        message = _("This file holds %(found)s resources; only Patient and Practitioner can be imported.", found=found)
        raise Invalid(message, "file")
    raise Invalid(_("This is not NDJSON: each line must be one whole FHIR resource."), "file")


def table_options(head: bytes, encoding: str, day_first: bool) -> dict[str, Any]:
    """How the table seems to be written and what its columns seem to mean."""
    sample = head.removeprefix(BOM).decode(encoding, "replace")
    delimiter = guess_delimiter(sample)
    titles = next(iter(sample.splitlines()), "").split(delimiter)
    columns = guess_columns([title.strip().strip('"') for title in titles])
    return {"encoding": encoding, "delimiter": delimiter, "day_first": day_first, "columns": columns}
