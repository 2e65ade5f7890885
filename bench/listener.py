"""One browser's event stream."""

import http.client
import threading
import time


class Listener(threading.Thread):
    """Notes when each event of the queue arrived; `ready` once the stream is open."""

    def __init__(self, port: int, path: str, cookies: dict[str, str] | None = None) -> None:
        super().__init__(daemon=True)
        self.arrived: list[float] = []
        self.ready = threading.Event()
        self._port, self._path = port, path
        self._cookie = "; ".join(f"{k}={v}" for k, v in (cookies or {}).items())

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        connection.request("GET", self._path, headers={"Cookie": self._cookie})
        answer = connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"event: hello"):
                self.ready.set()
            elif line.startswith(b"data:") and b"queue:" in line:
                self.arrived.append(time.perf_counter())
