"""A large file passes through in little memory, in both directions."""

import hashlib
import tracemalloc

from clinic.documents.models import UploadState
from clinic.documents.storage import DiskStorage
from clinic.documents.uploads.receiving import Ticket, finish_again, finish_file, receive
from clinic.documents.uploads.staging import create_file, writing
from tests.documents.files import PDF

SIZE = 64 * 1024 * 1024
BOUND = 8 * 1024 * 1024


class Endless:
    """A body that is made as it is read."""

    def __init__(self) -> None:
        self.first = PDF

    def read(self, size: int, /) -> bytes:
        start, self.first = self.first, b""
        return start + b"%" * (size - len(start))


def test_receiving_checking_and_reading_64_mb_stays_small(disk: DiskStorage) -> None:
    ticket = Ticket("large", SIZE, UploadState.RECEIVING)
    create_file(disk, ticket.token)
    tracemalloc.start()
    try:
        with writing(disk, ticket.token) as writer:
            got = receive(disk, writer, Endless(), token=ticket.token, size=SIZE, most=SIZE)
            finished = finish_file(disk, writer, ticket, got.sha256)
        again = finish_again(disk, ticket)
        with disk.open_sealed("documents/la/large", "documents:large") as reader:
            running = hashlib.sha256()
            for piece in reader.chunks():
                running.update(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert finished == again
    assert finished.sha256 == running.hexdigest()
    assert peak < BOUND
