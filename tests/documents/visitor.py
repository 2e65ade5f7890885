"""Someone with an HTTP client of their own, and a network that can be slow or cut."""

import random
import re
import socket
import threading
import time
from contextlib import suppress

import requests

PASSWORD = "correct horse battery"


class Visitor:
    """Signed in at a running clinic; `headers` are what a program has to send with each request."""

    def __init__(self, url: str, username: str = "reception") -> None:
        self.url, self.http = url, requests.Session()
        token = self._token("/auth/sign-in")
        self.http.post(f"{url}/auth/sign-in", {"username": username, "password": PASSWORD, "csrf_token": token})
        self.token = self._token("/patients/new")

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.http.get(self.url + path).text)
        assert found, f"no form at {path}"
        return found[1]

    @property
    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        return {"Cookie": cookies, "X-CSRFToken": self.token}

    def register(self) -> int:
        """The id of a new patient who is like nobody else."""
        family_name = "".join(random.choices("abcdefghiklmnoprstuvwyz", k=12))
        birth_date = f"{random.randint(1930, 2020)}-{random.randint(1, 12)}-{random.randint(1, 28)}"
        page = self.http.get(f"{self.url}/patients/new").text
        hidden = dict(re.findall(r'type="hidden" (?:value="[^"]*" )?name="(\w+)"[^>]*value="([^"]*)"', page))
        hidden |= dict(re.findall(r'<input id="(\w+)" name="\w+" type="hidden" value="([^"]*)"', page))
        form = {**hidden, "family_name": family_name, "birth_date": birth_date, "sex": "female"}
        answer = self.http.post(f"{self.url}/patients/new", form, allow_redirects=False)
        assert answer.status_code == 303, answer.text[:2000]
        return int(answer.headers["Location"].rsplit("/", 1)[1])

    def download(self, document: int) -> bytes:
        answer = self.http.get(f"{self.url}/documents/{document}/download")
        assert answer.status_code == 200
        return answer.content

    def chart(self, patient: int) -> str:
        return self.http.get(f"{self.url}/patients/{patient}/documents?voided=1").text

    def document_ids(self, patient: int) -> list[int]:
        return sorted({int(n) for n in re.findall(r'href="/documents/(\d+)"', self.chart(patient))})


class Network:
    """Carries connections to a server; `rate` bytes a second upwards (0: all), cut() drops them all."""

    def __init__(self, target: str, rate: int = 0) -> None:
        host, _, port = target.rpartition("/")[2].partition(":")
        self._target, self.rate, self.is_down = (host, int(port)), rate, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Small: what the system buffers would look like progress to the sender.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self._open: list[socket.socket] = []
        self.carried = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Drop every connection, in the middle of whatever they carry."""
        for each in self._open:
            self._drop(each)
        self._open.clear()

    @staticmethod
    def _drop(connection: socket.socket) -> None:
        # shutdown() also ends a recv() of another thread, which close() does not.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def cut_after(self, amount: int) -> None:
        """Cut as soon as so many bytes went upwards."""
        until = time.monotonic() + 20
        while self.carried < amount and time.monotonic() < until:
            time.sleep(0.01)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            if self.is_down:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open += [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_upwards: bool) -> None:
        try:
            while data := source.recv(16_384):
                sink.sendall(data)
                if is_upwards:
                    self.carried += len(data)
                    if self.rate:
                        time.sleep(len(data) / self.rate)
        except OSError:
            pass
        finally:
            for each in (source, sink):
                self._drop(each)
