"""People who go on with their work while the server is being killed: what fails is tried again, unchanged."""

import base64
import hashlib
import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from clinic.ops.sample.staff import PASSWORD
from tests.http_visitor import Answer, Visitor
from tests.running_clinic import RunningClinic

T = TypeVar("T")
BETWEEN_TRIES = 0.2
PATIENCE = 90
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 256 * 1024


def until_answered(act: Callable[[], T | None]) -> T:
    """Repeat until `act` gives an answer: no connection, an answer cut off and None mean to try again."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            result = act()
        except (OSError, http.client.HTTPException):
            result = None
        if result is not None:
            return result
        time.sleep(BETWEEN_TRIES)
    raise AssertionError(f"no answer within {PATIENCE} s")


def acknowledged(answer: Answer, *statuses: int) -> Answer | None:
    """The answer when it is a success; None for what the server could not do at the moment."""
    # 408: not all of the request came in time; it may be repeated as it was (RFC 9110, 15.5.9).
    may_repeat = answer.status >= 500 or answer.status == 408
    assert answer.status in statuses or may_repeat, f"{answer.status}: {answer.text[:500]}"
    return answer if answer.status in statuses else None


def signed_in(clinic: RunningClinic, username: str) -> Visitor:
    return until_answered(lambda: Visitor(clinic.port).sign_in(username, PASSWORD))


def while_killing(clinic: RunningClinic, parts: Sequence[str], work: Sequence[Callable[[], None]]) -> None:
    """Do all the work at once, each in a thread, and kill the parts one after the other meanwhile."""
    with ThreadPoolExecutor(len(work)) as people:
        running = [people.submit(task) for task in work]
        for name in parts:
            time.sleep(1)
            clinic.kill(name)
        for future in running:
            future.result(PATIENCE * 2)


class Uploader:
    """Sends files by tus 1.0 and goes on where the server stopped."""

    def __init__(self, visitor: Visitor, patient_id: int) -> None:
        self._visitor = visitor
        self._patient_id = patient_id
        token = dict(until_answered(lambda: visitor.form("/queue/tickets/new")))["csrf_token"]
        self._headers = {**TUS, "X-CSRFToken": token}

    def upload(self, data: bytes, name: str) -> str:
        """Until the server says that it has the whole file; its SHA-256."""
        location = until_answered(lambda: self._create(len(data), name)).location
        until_answered(lambda: self._send_rest(location, data))
        finish = [("csrf_token", self._headers["X-CSRFToken"])]
        until_answered(lambda: acknowledged(self._visitor.send(f"{location}/finish", finish), 200, 303))
        return hashlib.sha256(data).hexdigest()

    def _create(self, size: int, name: str) -> Answer | None:
        given = {"patient": str(self._patient_id), "filename": name}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in given.items())
        headers = {**self._headers, "Upload-Length": str(size), "Upload-Metadata": metadata}
        return acknowledged(self._visitor.request("POST", "/documents/uploads", headers=headers), 201)

    def _send_rest(self, location: str, data: bytes) -> bool | None:
        """True once the server has everything; starts at what the server says it has."""
        answer = acknowledged(self._visitor.request("HEAD", location, headers=self._headers), 200)
        while answer:
            offset = int(answer.headers["Upload-Offset"])
            if offset == len(data):
                return True
            headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            piece = data[offset : offset + PIECE]
            answer = acknowledged(
                self._visitor.request("PATCH", location, piece, {**self._headers, **headers}), 204, 409, 423
            )
            if answer and answer.status != 204:
                return None
        return None
