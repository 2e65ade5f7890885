"""Small files of every kind, made from their formats' descriptions, and a tus client over the test client."""

import base64
import io
import os
import zipfile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.documents.models import Document, Upload
from clinic.documents.storage import current_storage
from clinic.patients.models import Patient
from tests.browser_client import Browser

TUS = {"Tus-Resumable": "1.0.0"}
BODY = "application/offset+octet-stream"

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R
/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F 24 Tf 40 100 Td (Blood results) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
"""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"
)


def archive(**files: str) -> bytes:
    """A ZIP file; a double underscore in a name stands for a slash, `dot` for a full stop."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for name, content in files.items():
            target.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


def office(**parts: str) -> bytes:
    """An Office Open XML file with these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        for name, content in parts.items():
            target.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


def pdf(size: int) -> bytes:
    """A PDF of exactly `size` bytes, none like another."""
    return PDF + b"\n%" + os.urandom(max(size - len(PDF) - 2, 0))


def metadata(**values: Any) -> str:
    return ",".join(f"{name} {base64.b64encode(str(value).encode()).decode()}" for name, value in values.items())


class Tus:
    """Speaks the protocol by hand, so that it can also be spoken wrongly."""

    def __init__(self, browser: Browser, patient: Patient) -> None:
        self.browser, self.patient_id = browser, patient.id
        self.headers = {**TUS, "X-CSRFToken": browser.token}

    def create(
        self, size: int, headers: dict[str, str] | None = None, data: bytes = b"", **values: Any
    ) -> TestResponse:
        given = {"patient": self.patient_id, "filename": "scan.pdf", **values}
        named = {"Upload-Length": str(size), "Upload-Metadata": metadata(**given)}
        return self._send("POST", "/documents/uploads", {**named, **(headers or {})}, data)

    def head(self, url: str) -> TestResponse:
        return self._send("HEAD", url, {})

    def patch(self, url: str, offset: int, data: bytes, headers: dict[str, str] | None = None) -> TestResponse:
        return self._send("PATCH", url, {"Upload-Offset": str(offset), "Content-Type": BODY, **(headers or {})}, data)

    def delete(self, url: str) -> TestResponse:
        return self._send("DELETE", url, {})

    def upload(self, data: bytes, **values: Any) -> str:
        """A whole file in one go; the upload's address."""
        url = self.create(len(data), **values).headers["Location"]
        assert self.patch(url, 0, data).status_code == 204
        return str(url)

    def _send(self, method: str, url: str, headers: dict[str, str], data: bytes = b"") -> TestResponse:
        return self.browser._open(method, url, headers={**self.headers, **headers}, data=data)


def documents(session: Session) -> list[Document]:
    return list(session.scalars(select(Document).order_by(Document.id)))


def uploads(session: Session) -> list[Upload]:
    return list(session.scalars(select(Upload).order_by(Upload.id)))


def stored(document: Document) -> bytes:
    """The plaintext of a stored document."""
    with current_storage().open_sealed(document.storage_name, document.seal_context) as reader:
        return b"".join(reader.chunks())
