"""Connections that begin something and do not go on, of one machine that has no account."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator

import pytest

from clinic.config import FORM_BYTES
from clinic.ops.sample.staff import PASSWORD
from clinic.ops.web_worker import HEADER_SECONDS
from tests.http_visitor import Visitor
from tests.running_clinic import RunningClinic, wait_until

pytestmark = pytest.mark.faults
MANY = 700
FORM = "Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
# What each of them sends before it falls silent.
BEGUN = {
    "half a header": "GET /auth/sign-in HTTP/1.1\r\nHost: localhost\r\nX-A: b",
    "half a form": f"POST /auth/sign-in HTTP/1.1\r\n{FORM}Content-Length: 5000\r\n\r\na=b",
    "half a form for a page with sign-in": f"POST /patients/search HTTP/1.1\r\n{FORM}Content-Length: 5000\r\n\r\na=b",
    "a form that waits to be asked": f"POST /auth/sign-in HTTP/1.1\r\n{FORM}Content-Length: 50\r\n"
    "Expect: 100-continue\r\n\r\n",
    "half a large body": f"POST /auth/sign-in HTTP/1.1\r\n{FORM}Content-Length: 50000000\r\n\r\na=b",
    "half a body in chunks": f"POST /auth/sign-in HTTP/1.1\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n",
    "an old request whose answer is never closed": "GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n",
    "a request and half of the next": "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HT",
}


@contextlib.contextmanager
def held(port: int, sent: str, many: int = MANY) -> Iterator[list[socket.socket]]:
    connections = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(many)]
    try:
        for connection in connections:
            connection.sendall(sent.encode())
        yield connections
    finally:
        for connection in connections:
            connection.close()


@pytest.fixture(scope="module")
def visitor(clinic: RunningClinic) -> Visitor:
    clinic.wait_until_ready()
    return Visitor(clinic.port).sign_in("reception", PASSWORD)


@pytest.mark.guards("700 connections that begin something and do not go on do not stop the clinic")
@pytest.mark.parametrize("name", BEGUN)
def test_pages_answer_meanwhile(clinic: RunningClinic, visitor: Visitor, name: str) -> None:
    with held(clinic.port, BEGUN[name]):
        for _ in range(3):
            assert clinic.get("/health/live")[0] == 200
            assert visitor.get("/patients").status == 200


def is_over(connection: socket.socket) -> bool:
    """Whether the other side has closed; reads what it said before."""
    connection.setblocking(False)
    try:
        return not connection.recv(65536)
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.guards("a header has a limit of time, however steadily its bytes drip")
def test_a_dripping_header_is_let_go(clinic: RunningClinic, visitor: Visitor) -> None:
    with held(clinic.port, BEGUN["half a header"], 20) as connections:

        def drip() -> bool:
            time.sleep(0.5)
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.send(b"x")
            return all(map(is_over, connections))

        wait_until(drip, HEADER_SECONDS * 2, "they are still held")


@pytest.mark.guards("a form that comes slowly but steadily is answered")
def test_a_slow_form_arrives(clinic: RunningClinic, visitor: Visitor) -> None:
    body = b"q=" + b"x" * (FORM_BYTES - 2)
    head = f"POST /patients/search HTTP/1.1\r\n{FORM}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", clinic.port), 20) as connection:
        connection.sendall(head.encode()[:30])
        time.sleep(0.3)
        connection.sendall(head.encode()[30:])
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for begin in range(0, len(body), 40_000):
            connection.sendall(body[begin : begin + 40_000])
            time.sleep(0.1)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 302
