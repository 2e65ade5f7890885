"""The doorway with connections of its own; with a whole clinic behind it: tests/faults/test_slow_strangers.py."""

import socket
import struct
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from clinic.ops import web_worker
from clinic.ops.web_worker import SILENCE_SECONDS, Doorway

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    doorway = Doorway(1)
    yield doorway
    doorway.shutdown()
    doorway._looks.join(10)


def connected() -> tuple[socket.socket, socket.socket]:
    """The server's and the client's end of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _address = listener.accept()
    return ours, theirs


@pytest.mark.guards("a browser that does not take its answer gives its thread back after some seconds")
def test_a_reader_that_takes_nothing_is_let_go(doorway: Doorway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_worker, "_SILENCE", struct.pack("ll", 1, 0))
    ours, theirs = connected()

    def answer(connection: SimpleNamespace) -> bool:
        for _ in range(100):
            connection.sock.sendall(bytes(1_000_000))
        return True

    with ours, theirs:
        theirs.sendall(REQUEST)
        stuck = doorway.submit(answer, SimpleNamespace(sock=ours, parser=None))
        assert stuck.result(30) is False
    ours, theirs = connected()
    with ours, theirs:
        theirs.sendall(REQUEST)
        after = doorway.submit(lambda connection: bool(connection), SimpleNamespace(sock=ours, parser=None))
        assert after.result(30) is True, "the only thread is free again"


def test_the_limit_on_silence_is_what_the_documents_say() -> None:
    assert struct.unpack("ll", web_worker._SILENCE) == (SILENCE_SECONDS, 0) == (20, 0)
