"""What a file is, by its content: its name and what the browser says are not believed.

Accepted: pictures, PDF, DICOM, plain text, and Word, Excel and OpenDocument files without macros. Whatever a browser
would run (HTML, SVG) and every program is refused.
"""

import struct
import zipfile
from io import BufferedReader, RawIOBase

import puremagic
from flask_babel import gettext as _

from clinic.errors import Invalid

HEAD_BYTES = 64 * 1024
_DIRECTORY_MAX = 1024 * 1024
_ENTRIES_MAX = 5_000

# Media type -> the ending a downloaded file gets. The first is the usual one.
ENDINGS: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "image/heic": (".heic", ".heif"),
    "image/tiff": (".tif", ".tiff"),
    "application/dicom": (".dcm", ".dicom"),
    "text/plain": (".txt", ".csv", ".md", ".log", ".hl7", ".json"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
}
ACCEPT = ",".join([*ENDINGS, *(ending for endings in ENDINGS.values() for ending in endings)])
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
PREVIEWS = PICTURES | {"application/pdf", "text/plain"}

_BY_MAGIC = {name: name for name in ENDINGS if name.startswith("image/")} | {
    "application/pdf": "application/pdf",
    "image/heif": "image/heic",
}
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<iframe", b"<math")
_OPEN_XML = {"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx"}
_ZIP_END = struct.Struct("<4sHHHHIIH")


def check_head(head: bytes) -> None:
    """Refuse early, from the first bytes, what can only be refused. Raises Invalid."""
    if not _looks_like_zip(head) and _from_head(head) is None:
        raise refusal()


def detect(stream: RawIOBase, size: int) -> str:
    """The media type of a whole file; Invalid when it is not one that is accepted."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES) or b""
    found = _from_zip(stream, size) if _looks_like_zip(head) else _from_head(head)
    if found is None:
        raise refusal()
    return found


def refusal() -> Invalid:
    """What people read when a file is not accepted."""
    return Invalid(
        _("This kind of file is not accepted. Use a PDF, a picture, a text, Word, Excel or OpenDocument file."), "file"
    )


def _looks_like_zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def _from_head(head: bytes) -> str | None:
    if head[128:132] == b"DICM":
        return "application/dicom"
    try:
        guesses = puremagic.magic_string(head) if head else []
    except puremagic.PureError:
        guesses = []
    for guess in guesses[:1]:
        if guess.mime_type in _BY_MAGIC:
            return _BY_MAGIC[guess.mime_type]
    return "text/plain" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Printable UTF-8, UTF-16 with a mark or Windows-1252, and neither markup nor a script."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "ignore")
    else:
        try:
            text = head.decode()
        except UnicodeDecodeError as error:
            # A character cut in two at the end of the head is no error.
            text = head[: error.start].decode() if error.start > HEAD_BYTES - 4 else head.decode("cp1252", "replace")
    start = text.lstrip("\ufeff \t\r\n").lower().encode()
    if not start or start.startswith((*_MARKUP, b"#!", b"mz", b"{\\rtf", b"%!ps")):
        return False
    return not any((c < " " and c not in "\t\n\r\f") or c in "\x7f\ufffd" for c in text)


def _from_zip(stream: RawIOBase, size: int) -> str | None:
    """Word, Excel or OpenDocument by the names inside, without unpacking more than one small entry."""
    if not _has_modest_directory(stream, size):
        return None
    try:
        with zipfile.ZipFile(BufferedReader(_Unclosed(stream))) as archive:
            names = set(archive.namelist())
            if any(name.lower().endswith((".bin", ".exe", ".js")) and "macro" in name.lower() for name in names):
                return None
            if any("vbaproject" in name.lower() or name.startswith("Basic/") for name in names):
                return None
            return _open_document(archive) if "mimetype" in names else _open_xml(names)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, UnicodeDecodeError):
        return None


def _open_xml(names: set[str]) -> str | None:
    if "[Content_Types].xml" not in names:
        return None
    ending = next((e for name, e in _OPEN_XML.items() if name in names), None)
    return next((media for media, endings in ENDINGS.items() if ending in endings), None)


def _open_document(archive: zipfile.ZipFile) -> str | None:
    info = archive.getinfo("mimetype")
    if info.file_size > 100:
        return None
    media = archive.read(info).decode("ascii", "replace").strip()
    return media if media in ENDINGS else None


def _has_modest_directory(stream: RawIOBase, size: int) -> bool:
    """Whether the table of contents is small enough to be read into memory."""
    tail_size = min(size, 65_557)
    stream.seek(size - tail_size)
    tail = b""
    while len(tail) < tail_size and (piece := stream.read(tail_size - len(tail))):
        tail += piece
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _ZIP_END.size:
        return False
    _mark, _disk, _start, _here, entries, directory, _offset, _comment = _ZIP_END.unpack_from(tail, place)
    return bool(entries <= _ENTRIES_MAX and directory <= _DIRECTORY_MAX)


class _Unclosed(RawIOBase):
    """Passes reads through and does not close what it reads from."""

    def __init__(self, stream: RawIOBase) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]
        return self._stream.readinto(buffer)
