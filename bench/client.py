"""A keep-alive HTTP client with cookies and a sign-in for each of the two servers."""

import contextlib
import http.client
import re
import socket
import time
from urllib.parse import urlencode


class Client:
    """One connection to 127.0.0.1, as a browser tab keeps it."""

    def __init__(self, port: int, timeout: float = 900) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    def open(
        self, method: str, path: str, body: str | bytes | None = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """The answer, unread; reconnects once when the server closed an idle connection."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return answer

    def get(self, path: str, expect: int = 200, headers: dict[str, str] | None = None) -> bytes:
        """The body of an answer with the expected status; RuntimeError otherwise."""
        answer = self.open("GET", path, headers=headers)
        body = answer.read()
        if answer.status != expect:
            raise RuntimeError(f"GET {path} answered {answer.status}")
        return body

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of a form sent with its CSRF token."""
        form = urlencode({"csrf_token": self.csrf, "csrfmiddlewaretoken": self.csrf, **fields})
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"http://127.0.0.1:{self.port}{path}",
            **(headers or {}),
        }
        answer = self.open("POST", path, form, sent)
        return answer.status, answer.read()

    def take_csrf(self, html: bytes) -> None:
        """Keep the token of a form."""
        found = re.search(rb'name="csrf(?:_token|middlewaretoken)"[^>]*value="([^"]+)"', html)
        if found:
            self.csrf = found.group(1).decode()


def sign_in(port: int, username: str, password: str) -> Client:
    """A client signed in to Clinic."""
    client = Client(port)
    client.take_csrf(client.get("/auth/sign-in"))
    status, _ = client.post("/auth/sign-in", {"username": username, "password": password})
    if status != 303:
        raise RuntimeError(f"sign-in answered {status}")
    client.take_csrf(client.get("/auth/sessions"))
    return client


def sign_in_to_peer(port: int) -> Client:
    """A client signed in to the Django admin."""
    client = Client(port)
    client.take_csrf(client.get("/admin/login/"))
    client.post("/admin/login/", {"username": "a", "password": "pw", "next": "/admin/"})
    client.take_csrf(client.get("/admin/register/patient/"))
    return client


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    """Return once somebody listens; RuntimeError after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"Nothing listens on port {port}.")
