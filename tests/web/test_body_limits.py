"""How much a request may hold: only views that say so take files, and strangers can leave nothing on the disk."""

import io
from typing import Any

import pytest
from flask import Flask

from clinic.config import FORM_BYTES
from clinic.documents.storage import current_storage
from tests.browser_client import Browser

TAKES_FILES = {
    "documents.create",
    "imports.create",
    "patients.add_photo",
    "uploads.append",
    "uploads.override",
}


class NeverRead(io.RawIOBase):
    """A body that fails the test when somebody reads it."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise AssertionError("the body was read")


def unread(**environ: Any) -> dict[str, Any]:
    """The environment of a form that nobody may read."""
    return {"wsgi.input": NeverRead(), "CONTENT_TYPE": "application/x-www-form-urlencoded", **environ}


def staged() -> int:
    return sum(1 for path in current_storage().staging.rglob("*") if path.is_file())


@pytest.mark.guards("only the views named here take files; a new one is a decision")
def test_which_views_take_files(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "takes_files", False)}
    assert marked == TAKES_FILES
    assert not [name for name in marked if getattr(app.view_functions[name], "public", None)]


@pytest.mark.guards("a form without files is small, whoever sends it, and the refusal can be read")
@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/drafts", "/patients", "/notes", "/patients/search"])
def test_a_large_form_is_refused_unread(receptionist: Browser, path: str) -> None:
    answer = receptionist.client.post(path, environ_overrides=unread(CONTENT_LENGTH=str(FORM_BYTES + 1)))
    assert answer.status_code == 413
    assert "That is too large" in answer.text
    assert "write less or choose a smaller file" in answer.text


@pytest.mark.guards("a stranger's file is not kept on the disk, not even for a moment")
@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/drafts", "/patients/search", "/documents/uploads/x/finish"])
def test_no_file_in_a_form_that_takes_none(receptionist: Browser, path: str) -> None:
    before = staged()
    for size in (10, FORM_BYTES - 2000):
        data = {"csrf_token": "x", "file": (io.BytesIO(b"x" * size), "file.bin")}
        answer = receptionist.client.post(path, data=data, content_type="multipart/form-data")
        assert answer.status_code == 413
        assert "takes no file" in answer.text
    assert staged() == before


@pytest.mark.guards("nothing that a stranger sends to a page that needs sign-in is read")
@pytest.mark.parametrize("path", ["/patients/search", "/patients/1/documents", "/imports", "/documents/uploads/x"])
def test_a_strangers_body_is_not_read(browser: Browser, path: str) -> None:
    answer = browser.client.post(path, environ_overrides=unread(CONTENT_LENGTH="5000"))
    assert answer.status_code in (302, 401)


@pytest.mark.guards("a form says how long it is before any of it is read")
def test_a_form_without_a_length_is_refused(browser: Browser) -> None:
    terminated = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = browser.client.post("/auth/sign-in", environ_overrides=unread(**terminated))
    assert answer.status_code == 411
