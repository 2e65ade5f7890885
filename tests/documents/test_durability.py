"""What was acknowledged survives a power cut: content is synced before its name, and the name after it."""

from pathlib import Path

import pytest

from clinic.documents.models import UploadState
from clinic.documents.storage import DiskStorage
from clinic.documents.uploads.receiving import Ticket, finish_file, receive
from clinic.documents.uploads.staging import create_file, staged_path, writing
from tests.documents.files import PDF
from tests.durability import Syncs

TICKET = Ticket("slow", 3000, UploadState.RECEIVING)


class Pieces:
    """A body that arrives in small pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read(self, _size: int, /) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


@pytest.fixture
def syncs(disk: DiskStorage, monkeypatch: pytest.MonkeyPatch) -> Syncs:
    return Syncs(monkeypatch)


def stored(disk: DiskStorage) -> Path:
    (path,) = [p for p in (disk.root / "documents").rglob("*") if p.is_file()]
    return path


@pytest.mark.guards("a document that was acknowledged is on the disk, its content and its name")
def test_a_stored_stream_is_durable(disk: DiskStorage, syncs: Syncs) -> None:
    disk.put([b"a" * 1000, b"b" * 70_000], "documents/ab/whole")
    assert syncs.is_whole(stored(disk))
    assert syncs.is_name_durable(stored(disk))


@pytest.mark.guards("a document that was acknowledged is on the disk, its content and its name")
def test_a_sealed_file_is_durable(disk: DiskStorage, syncs: Syncs) -> None:
    with disk.create_sealed("documents/ab/sealed", "documents:sealed") as writer:
        writer.write(PDF)
    assert syncs.is_whole(stored(disk))
    assert syncs.is_name_durable(stored(disk))


@pytest.mark.guards(
    "the part of an upload that was acknowledged is on the disk, so that it goes on there after a power cut"
)
def test_the_acknowledged_part_of_an_upload_is_durable(disk: DiskStorage, syncs: Syncs) -> None:
    create_file(disk, TICKET.token)
    staged = staged_path(disk, TICKET.token)
    assert syncs.is_name_durable(staged)
    body = PDF.ljust(3000, b"%")
    with writing(disk, TICKET.token) as writer:
        for part in (body[:1000], body[1000:]):
            receive(disk, writer, Pieces(part), token=TICKET.token, size=TICKET.size, most=len(part))
            assert syncs.is_whole(staged)
        finish_file(disk, writer, TICKET, None)
    assert syncs.is_whole(stored(disk))
    assert syncs.is_name_durable(stored(disk))
