"""Files of the largest size, and imports of a whole clinic: in little memory, and back as they were."""

import base64
import hashlib
import http.client
import os
import time
from collections.abc import Iterator

import pytest

from bench.measure import PeakMemory, largest_memory
from clinic.ops.sample.staff import PASSWORD
from proof.conftest import Note
from tests.faults.beside import begin_import, state_of
from tests.http_visitor import Visitor
from tests.running_clinic import RunningClinic, wait_until

GIGABYTE, MEGABYTE = 1024**3, 1024**2
SIZE = 2 * GIGABYTE
# MB that a process may grow by: some blocks, never the file.
ROOM = 64


def _blocks(size: int) -> Iterator[bytes]:
    block = os.urandom(MEGABYTE)
    yield b"%PDF-1.7\n" + block[9:]
    for _ in range(size // MEGABYTE - 1):
        yield block


@pytest.mark.guards("a document of 2 GB comes in and goes out in a few megabytes of memory")
def test_two_gigabytes_in_and_out(clinic: RunningClinic, note: Note) -> None:
    manager = Visitor(clinic.port).sign_in("manager", PASSWORD)
    patient_id = clinic.rows("SELECT min(id) FROM patients WHERE is_active")[0][0]
    sent = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for block in _blocks(SIZE):
            sent.update(block)
            yield block

    began = time.monotonic()
    with PeakMemory(lambda: largest_memory(clinic.supervisor.pid)) as memory:
        _send(clinic, manager, patient_id, body())
        came_in = time.monotonic() - began
        got = _digest_of_download(clinic, manager)
    grown = memory.peak - memory.before
    note(seconds_in=came_in, seconds_out=time.monotonic() - began - came_in, largest_process_grew_by_MB=grown)
    assert got == sent.hexdigest()
    assert grown < ROOM


def _send(clinic: RunningClinic, visitor: Visitor, patient_id: int, body: Iterator[bytes]) -> None:
    csrf = dict(visitor.form(f"/patients/{patient_id}/edit"))["csrf_token"]
    described = {
        "Tus-Resumable": "1.0.0",
        "X-CSRFToken": csrf,
        "Upload-Length": str(SIZE),
        "Upload-Metadata": f"filename {_base64('large.pdf')},patient {_base64(str(patient_id))}",
    }
    created = visitor.request("POST", "/documents/uploads", b"", described)
    assert created.status == 201, created.text
    connection = http.client.HTTPConnection("127.0.0.1", clinic.port, timeout=900)
    head = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Content-Length": str(SIZE)}
    connection.request(
        "PATCH", created.location, body, {"Tus-Resumable": "1.0.0", "X-CSRFToken": csrf, **head, **visitor.cookie}
    )
    assert connection.getresponse().status == 204
    connection.close()


def _digest_of_download(clinic: RunningClinic, visitor: Visitor) -> str:
    (document_id,) = clinic.rows("SELECT max(id) FROM documents")[0]
    connection = http.client.HTTPConnection("127.0.0.1", clinic.port, timeout=900)
    connection.request("GET", f"/documents/{document_id}/download", headers=visitor.cookie)
    answer, digest = connection.getresponse(), hashlib.sha256()
    while block := answer.read(MEGABYTE):
        digest.update(block)
    connection.close()
    return digest.hexdigest()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.guards("an import of 100,000 patients takes no more memory than one of 10,000")
def test_an_import_takes_the_same_memory_whatever_its_size(clinic: RunningClinic, note: Note) -> None:
    manager = Visitor(clinic.port).sign_in("manager", PASSWORD)
    peaks = {}
    for rows in (10_000, 100_000):
        began = time.monotonic()
        with PeakMemory(lambda: largest_memory(clinic.supervisor.pid)) as memory:
            _import(clinic, manager, rows)
        peaks[rows] = memory.peak
        note(**{f"peak_MB_of_{rows}": memory.peak, f"rows_a_second_of_{rows}": rows / (time.monotonic() - began)})
    assert peaks[100_000] < 1.2 * peaks[10_000]


def _import(clinic: RunningClinic, visitor: Visitor, rows: int) -> None:
    number = begin_import(clinic, visitor, rows)
    wait_until(lambda: state_of(clinic, number) not in ("queued", "running"), 3600, "not done")
    counted = clinic.rows(f"SELECT state, created FROM imports WHERE id = {number}")[0]
    assert counted == ("finished", rows)
