"""Files on their way out: ranges, names, headers, and one audit entry each."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from clinic.documents.models import Document
from clinic.documents.sending import content_disposition, download_name
from clinic.documents.storage import DiskStorage
from tests.browser_client import Browser
from tests.documents.files import PDF, PNG, Tus, documents, pdf
from tests.patients.records import entries

Openings = Callable[[], list[str]]
DATA = pdf(2_400_000)


@pytest.fixture
def document(tus: Tus, session: Session) -> Document:
    tus.upload(DATA, filename="Résumé \u202e“final”.pdf")
    return documents(session)[0]


@pytest.fixture
def openings(session: Session, document: Document, write_readings: Callable[[], int]) -> Openings:
    def read() -> list[str]:
        write_readings()
        found = entries(session, document.patient_id)
        return [e.action for e in found if e.action in ("documents.view", "documents.download")]

    return read


def test_a_download_is_whole_safe_and_recorded_once(
    receptionist: Browser, document: Document, openings: Openings
) -> None:
    answer = receptionist.get(f"/documents/{document.id}/download")
    assert answer.get_data() == DATA
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Resume_final.pdf\"; filename*=UTF-8''R%C3%A9sum%C3%A9%20%E2%80%9Cfinal%E2%80%9D.pdf"
    )
    assert openings() == ["documents.download"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=1048570-1048590", 1048570, 1048591),
        ("bytes=2399990-", 2399990, 2_400_000),
        ("bytes=-5", 2399995, 2_400_000),
        ("bytes=2000000-99999999", 2_000_000, 2_400_000),
    ],
)
def test_a_range_is_a_part(receptionist: Browser, document: Document, asked: str, start: int, stop: int) -> None:
    answer = receptionist.get(f"/documents/{document.id}/download", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.get_data() == DATA[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=x"])
def test_what_is_no_single_range_gets_the_whole_file(receptionist: Browser, document: Document, asked: str) -> None:
    answer = receptionist.get(f"/documents/{document.id}/download", headers={"Range": asked})
    assert answer.status_code == 200
    assert answer.get_data() == DATA


def test_a_range_beyond_the_end_cannot_be_met(receptionist: Browser, document: Document, openings: Openings) -> None:
    answer = receptionist.get(f"/documents/{document.id}/download", headers={"Range": "bytes=2400000-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */2400000"
    assert openings() == []


def test_if_range_of_another_file_gets_the_whole(receptionist: Browser, document: Document) -> None:
    address, headers = f"/documents/{document.id}/download", {"Range": "bytes=5-9"}
    etag = receptionist.client.head(address).headers["ETag"]
    assert receptionist.get(address, headers={**headers, "If-Range": etag}).status_code == 206
    assert receptionist.get(address, headers={**headers, "If-Range": '"other"'}).status_code == 200


def test_each_preview_and_download_is_recorded_once_not_each_range(
    receptionist: Browser, document: Document, openings: Openings
) -> None:
    for asked in ("bytes=0-9", "bytes=10-19", "bytes=20-29"):
        receptionist.get(f"/documents/{document.id}/content", headers={"Range": asked})
    assert openings() == ["documents.view"]
    receptionist.get(f"/documents/{document.id}/download", headers={"Range": "bytes=1-"})
    assert openings() == ["documents.view", "documents.download"]


def test_nobody_reads_past_the_log_by_skipping_the_first_byte(
    receptionist: Browser, document: Document, openings: Openings
) -> None:
    receptionist.get(f"/documents/{document.id}/download", headers={"Range": "bytes=1-"})
    assert openings() == ["documents.download"]


def test_a_preview_shows_inside_our_pages_only_and_runs_nothing(tus: Tus, receptionist: Browser) -> None:
    for data in (PNG, PDF, b"a plain text"):
        tus.upload(data)
    for document in documents(receptionist.session):
        answer = receptionist.get(f"/documents/{document.id}/content")
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert answer.headers["Content-Disposition"].startswith("inline; ")
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_damaged_file_is_never_sent(receptionist: Browser, document: Document, disk: DiskStorage) -> None:
    path = disk.root / document.storage_name
    raw = bytearray(path.read_bytes())
    raw[60] ^= 1
    path.write_bytes(raw)
    answer = receptionist.get(f"/documents/{document.id}/download")
    assert answer.status_code == 503
    assert "damaged" in answer.get_data(as_text=True)
    path.unlink()
    assert receptionist.get(f"/documents/{document.id}/download").status_code == 404


def test_names_never_break_out_of_the_header() -> None:
    assert content_disposition("inline", 'a"\r\nX: y.pdf').count("\r") == 0
    assert content_disposition("attachment", "просмотр.pdf").startswith('attachment; filename="pdf"; filename*=')
    assert content_disposition("attachment", "a.pdf") == 'attachment; filename="a.pdf"'


def test_a_download_gets_the_ending_of_what_it_is() -> None:
    assert download_name("holiday.exe", "image/jpeg") == "holiday.exe.jpg"
    assert download_name("Holiday.JPEG", "image/jpeg") == "Holiday.JPEG"
