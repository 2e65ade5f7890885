"""tuspy, a client written by others, against the running server: whole, in pieces, cut and resumed."""

import hashlib
import io
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader import Uploader

from tests.browser.conftest import clinic_folder, clinic_url  # noqa: F401
from tests.documents.files import pdf
from tests.documents.visitor import Network, Visitor


@pytest.fixture
def visitor(clinic_url: str) -> Visitor:  # noqa: F811
    return Visitor(clinic_url)


@pytest.fixture
def patient(visitor: Visitor) -> int:
    return visitor.register()


@pytest.fixture
def network(clinic_url: str) -> Iterator[Network]:  # noqa: F811
    network = Network(clinic_url)
    yield network
    network.close()


def uploader(url: str, visitor: Visitor, patient: int, data: bytes, **options: object) -> Uploader:
    client = TusClient(f"{url}/documents/uploads", headers=visitor.headers)
    described = {"patient": str(patient), "filename": "MRI.pdf", "category": "imaging"}
    made: Uploader = client.uploader(file_stream=io.BytesIO(data), metadata=described, **options)
    return made


def check(visitor: Visitor, patient: int, data: bytes) -> None:
    (document,) = visitor.document_ids(patient)
    assert visitor.download(document) == data
    page = visitor.http.get(f"{visitor.url}/documents/{document}").text
    assert hashlib.sha256(data).hexdigest() in page


def test_a_whole_file(visitor: Visitor, patient: int) -> None:
    data = pdf(5_000_000)
    uploader(visitor.url, visitor, patient, data).upload()
    check(visitor, patient, data)


@pytest.mark.parametrize("checked", [False, True])
def test_a_file_in_pieces_with_and_without_checksums(visitor: Visitor, patient: int, checked: bool) -> None:
    data = pdf(2_000_000)
    uploader(visitor.url, visitor, patient, data, chunk_size=300_001, upload_checksum=checked).upload()
    check(visitor, patient, data)


def test_a_cut_connection_keeps_what_had_arrived(visitor: Visitor, patient: int, network: Network) -> None:
    data = pdf(6_000_000)
    network.rate = 4_000_000
    first = uploader(network.url, visitor, patient, data)
    first.set_url(first.create_url())
    threading.Thread(target=network.cut_after, args=(2_000_000,)).start()
    with pytest.raises((TusCommunicationError, OSError)):
        first.upload()
    network.rate = 0
    second = uploader(visitor.url, visitor, patient, data)
    second.set_url(first.url.replace(network.url, visitor.url))
    second.offset = second.get_offset()
    assert second.offset > 1_000_000
    second.upload()
    check(visitor, patient, data)


def test_what_is_not_accepted_is_refused(visitor: Visitor, patient: int) -> None:
    with pytest.raises(TusCommunicationError) as refused:
        uploader(visitor.url, visitor, patient, b"MZ\x90\0" + bytes(100_000)).upload()
    assert refused.value.status_code == 422
    assert visitor.document_ids(patient) == []


def test_a_connection_that_died_without_a_word_gives_way(visitor: Visitor, patient: int) -> None:
    data = pdf(2_000_000)
    upload = uploader(visitor.url, visitor, patient, data)
    upload.set_url(upload.create_url())
    host, port = visitor.url.rpartition("/")[2].split(":")
    with socket.create_connection((host, int(port))) as silent:
        headers = {**visitor.headers, "Host": host, "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
        headers |= {"Content-Type": "application/offset+octet-stream", "Content-Length": str(len(data))}
        lines = [f"PATCH {upload.url.removeprefix(visitor.url)} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        silent.sendall("\r\n".join([*lines, "", ""]).encode() + data[:1_000_000])
        time.sleep(0.5)
        upload.offset = upload.get_offset()
        assert 700_000 < upload.offset <= 1_000_000
        upload.upload()
    check(visitor, patient, data)
