"""The tus 1.0 protocol, spoken by hand."""

import base64
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.documents.models import Upload
from clinic.documents.storage import DiskStorage
from clinic.documents.uploads.staging import writing
from tests.browser_client import Browser
from tests.documents.files import BODY, PDF, TUS, Tus, documents, pdf, stored, uploads
from tests.factories import Factory


def test_options_tell_what_the_server_can(receptionist: Browser) -> None:
    answer = receptionist._open("OPTIONS", "/documents/uploads", headers={"X-CSRFToken": receptionist.token})
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "termination",
        "expiration",
    }
    assert int(answer.headers["Tus-Max-Size"]) == 2048 * 1024**2
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"]


def test_a_file_in_one_request_becomes_a_document(tus: Tus, session: Session, disk: DiskStorage) -> None:
    data = pdf(3_000_000)
    created = tus.create(len(data), filename="Blutbild März.pdf", category="result", date="2026-11-02")
    assert created.status_code == 201
    assert created.headers["Upload-Expires"].endswith("GMT")
    answer = tus.patch(created.headers["Location"], 0, data)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    assert answer.headers["Upload-Outcome"] == "stored"
    (document,) = documents(session)
    assert (document.title, document.category, document.media_type) == ("Blutbild März", "result", "application/pdf")
    assert document.documented_on.isoformat() == "2026-11-02"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert stored(document) == data
    assert list(disk.staging.iterdir()) == []


def test_pieces_of_any_size_add_up_and_the_offset_is_what_was_kept(tus: Tus, session: Session) -> None:
    data = pdf(2_500_000)
    url = tus.create(len(data)).headers["Location"]
    for start, end in ((0, 1), (1, 70_000), (70_000, 2_000_000), (2_000_000, len(data))):
        assert tus.head(url).headers["Upload-Offset"] == str(start)
        assert tus.patch(url, start, data[start:end]).status_code == 204
    (document,) = documents(session)
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert stored(document) == data
    head = tus.head(url)
    assert (head.status_code, head.headers["Upload-Offset"]) == (200, str(len(data)))
    assert head.headers["Cache-Control"] == "no-store"


def test_creation_can_carry_the_first_bytes(tus: Tus, session: Session) -> None:
    answer = tus.create(len(PDF), headers={"Content-Type": BODY}, data=PDF[:100])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "100")
    assert tus.patch(answer.headers["Location"], 100, PDF[100:]).headers["Upload-Outcome"] == "stored"
    assert (
        tus.create(len(PDF) + 1, headers={"Content-Type": BODY}, data=PDF + b"\n").headers["Upload-Outcome"] == "stored"
    )


def test_a_wrong_offset_is_a_conflict_and_keeps_what_was_there(tus: Tus) -> None:
    url = tus.create(1000).headers["Location"]
    tus.patch(url, 0, PDF[:100])
    assert tus.patch(url, 50, b"x").status_code == 409
    assert tus.patch(url, 150, b"x").status_code == 409
    assert tus.head(url).headers["Upload-Offset"] == "100"


def test_the_rules_of_the_protocol_are_kept(tus: Tus, session: Session) -> None:
    url = tus.create(1000).headers["Location"]
    assert tus.patch(url, 0, b"x", {"Content-Type": "text/plain"}).status_code == 415
    assert tus.patch(url, 0, b"x", {"Upload-Offset": "-1"}).status_code == 400
    assert tus.patch(url, 0, b"x" * 1001).status_code == 413
    old = tus.patch(url, 0, b"x", {"Tus-Resumable": "0.2.2"})
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")
    assert tus.head("/documents/uploads/unknown").status_code == 404
    assert tus.create(1000, headers={"Upload-Length": "many"}).status_code == 400
    assert tus.create(1000, headers={"Upload-Metadata": "patient ?"}).status_code == 400
    assert tus.create(3 * 1024**3).status_code == 413
    assert tus.create(0).status_code == 422
    assert tus.create(10, patient="x").status_code == 422
    assert tus.create(10, patient=10**9).status_code == 404
    assert tus.create(10, category="nonsense").status_code == 422
    assert tus.create(10, date="2999-01-01").status_code == 422
    assert len(uploads(session)) == 1


def test_a_checksum_is_checked_and_wrong_bytes_are_taken_back(tus: Tus, session: Session) -> None:
    url = tus.create(len(PDF)).headers["Location"]

    def checked(part: bytes, claimed: bytes, algorithm: str = "sha1") -> dict[str, str]:
        digest = base64.b64encode(hashlib.new(algorithm, claimed).digest()).decode()
        return {"Upload-Checksum": f"{algorithm} {digest}"}

    assert tus.patch(url, 0, PDF[:50], checked(PDF[:50], PDF[:50])).status_code == 204
    assert tus.patch(url, 50, PDF[50:90], checked(PDF[50:90], b"other")).status_code == 460
    assert tus.head(url).headers["Upload-Offset"] == "50"
    assert tus.patch(url, 50, b"x", {"Upload-Checksum": "crc32 AAAA"}).status_code == 400
    assert tus.patch(url, 50, b"x", {"Upload-Checksum": "sha1 ?"}).status_code == 400
    assert tus.patch(url, 50, PDF[50:], checked(PDF[50:], PDF[50:], "sha256")).headers["Upload-Outcome"] == "stored"
    assert stored(documents(session)[0]) == PDF


def test_unchecked_bytes_of_a_killed_server_do_not_count(tus: Tus, session: Session, disk: DiskStorage) -> None:
    url = tus.create(len(PDF)).headers["Location"]
    tus.patch(url, 0, PDF[:100])
    token = url.rsplit("/", 1)[1]
    with writing(disk, token) as writer:
        (disk.staging / f"held-{token}").write_text("100")
        writer.write(b"unchecked")
        writer.flush()
    assert tus.head(url).headers["Upload-Offset"] == "100"
    assert tus.patch(url, 100, PDF[100:]).status_code == 204
    assert stored(documents(session)[0]) == PDF


def test_two_requests_never_write_to_one_upload(tus: Tus, disk: DiskStorage) -> None:
    url = tus.create(1000).headers["Location"]
    with writing(disk, url.rsplit("/", 1)[1]):
        assert tus.patch(url, 0, b"x").status_code == 423
        assert tus.head(url).status_code == 423
    assert tus.patch(url, 0, PDF[:10]).status_code == 204


def test_a_cancelled_upload_is_gone_with_its_bytes(tus: Tus, disk: DiskStorage) -> None:
    url = tus.create(1000).headers["Location"]
    tus.patch(url, 0, PDF[:500])
    assert tus.delete(url).status_code == 204
    assert list(disk.staging.iterdir()) == []
    assert tus.head(url).status_code == 410
    assert tus.patch(url, 500, b"x").status_code == 410
    assert tus.delete(url).status_code == 410


def test_an_upload_expires(tus: Tus, session: Session) -> None:
    url = tus.create(1000).headers["Location"]
    with transaction(session):
        session.execute(update(Upload).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert tus.head(url).status_code == 410
    assert tus.patch(url, 0, b"x").status_code == 410


def test_networks_that_know_only_post_can_override_the_method(tus: Tus, session: Session) -> None:
    url = tus.create(len(PDF)).headers["Location"]
    headers = {**TUS, "X-CSRFToken": tus.browser.token, "Upload-Offset": "0", "Content-Type": BODY}
    patched = tus.browser._open("POST", url, headers={**headers, "X-HTTP-Method-Override": "PATCH"}, data=PDF)
    assert patched.headers["Upload-Outcome"] == "stored"
    assert tus.browser._open("POST", url, headers={**headers, "X-HTTP-Method-Override": "PUT"}).status_code == 405


def test_nobody_reaches_anothers_upload(tus: Tus, app: object, session: Session, make: Factory) -> None:
    url = tus.create(1000).headers["Location"]
    other = Browser(app, session).sign_in(make.user(Role.ADMIN))  # type: ignore[arg-type]
    headers = {**TUS, "X-CSRFToken": other.token}
    assert other._open("HEAD", url, headers=headers).status_code == 404
    patched = other._open("PATCH", url, headers={**headers, "Upload-Offset": "0", "Content-Type": BODY}, data=b"x")
    assert patched.status_code == 404
    assert other._open("DELETE", url, headers=headers).status_code == 404
    for step in ("finish", "keep", "discard"):
        assert other.post(f"{url}/{step}").status_code == 404


def test_uploading_needs_the_permission_the_session_and_the_token(tus: Tus, cashier: Browser, app: object) -> None:
    assert tus.create(10).status_code == 403
    nobody = Browser(app, cashier.session)  # type: ignore[arg-type]
    headers = {**TUS, "X-CSRFToken": nobody.token, "Upload-Length": "10"}
    assert nobody._open("POST", "/documents/uploads", headers=headers).status_code == 401
    assert nobody._open("POST", "/documents/uploads", headers=TUS).status_code in (400, 401)


def test_a_request_without_csrf_token_is_refused(tus: Tus, session: Session) -> None:
    assert tus.browser._open("POST", "/documents/uploads", headers={**TUS, "Upload-Length": "10"}).status_code == 400
    assert uploads(session) == []


@pytest.mark.parametrize("data", [b"MZ\x90\0" + bytes(200_000), b"<svg>" + b" " * 2_000_000])
def test_a_refused_kind_is_refused_at_its_first_bytes_and_leaves_nothing(
    tus: Tus, session: Session, disk: DiskStorage, data: bytes
) -> None:
    url = tus.create(len(data)).headers["Location"]
    answer = tus.patch(url, 0, data[: len(data) // 2], {"Accept": "application/json"})
    assert answer.status_code == 422
    assert "not accepted" in answer.get_json()["message"]
    assert tus.head(url).status_code == 410
    assert list(disk.staging.iterdir()) == []
    assert documents(session) == []
