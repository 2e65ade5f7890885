"""A whole clinic as `make run` starts it, in a folder and on a port of its own."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pysqlite3.dbapi2 as sqlite

from tests.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[1]
SUPERVISOR = [sys.executable, "-m", "clinic.ops.supervisor"]
# What the command line of each part holds.
PARTS = {
    "web": "gunicorn",
    "worker": "flask worker",
    "valkey": "valkey-server",
}


class RunningClinic:
    """The supervisor and everything below it; with sample data, as on a developer's machine."""

    def __init__(self, **settings: str) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="clinic-run-"))
        self.port = free_port()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
        own = {"CLINIC_ENV": "development", "CLINIC_VAR": str(self.var), "PORT": str(self.port)}
        self.environment = kept | ENVIRONMENT | own | settings
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.var / "log" / "clinic.log").read_text()

    @property
    def supervisor(self) -> psutil.Process:
        assert self._process
        return psutil.Process(self._process.pid)

    def start(self, timeout: float = 180) -> str:
        """Start everything; returns what was printed once it is ready."""
        self._process = subprocess.Popen(
            SUPERVISOR, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout
        lines: list[str] = []
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            line = self._process.stdout.readline()
            lines.append(line)
            if "Ctrl-C" in line:
                return "".join(lines)
            assert line, f"it did not start: {''.join(lines)}"
        raise AssertionError(f"not ready within {timeout} s: {''.join(lines)}")

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 30) -> int:
        """Ask it to stop as Ctrl-C or a service manager does; returns the exit code."""
        assert self._process
        assert self._process.stdout
        self._process.send_signal(number)
        code = self._process.wait(timeout)
        self._process.stdout.close()
        return code

    def remove(self) -> None:
        """Stop if needed and delete the folder."""
        if self._process and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.var, ignore_errors=True)

    def part(self, name: str) -> psutil.Process:
        """The running process of a part; LookupError when there is none."""
        for child in self.supervisor.children():
            if PARTS[name] in " ".join(_command(child)):
                return child
        raise LookupError(name)

    def kill(self, name: str) -> None:
        """SIGKILL a part and wait until another process has taken its place."""
        wait_until(lambda: self._runs(name), 20, f"{name} does not run")
        killed = self.part(name)
        killed.kill()
        wait_until(lambda: self._is_replaced(name, killed.pid), 20, f"{name} was not started again")

    def _runs(self, name: str) -> bool:
        """False between two lives: a worker ends by itself when Valkey does."""
        try:
            return self.part(name).is_running()
        except (LookupError, psutil.Error):
            return False

    def _is_replaced(self, name: str, killed: int) -> bool:
        try:
            return self.part(name).pid != killed
        except (LookupError, psutil.Error):
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; status 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def wait_until_ready(self, timeout: float = 40) -> None:
        wait_until(lambda: self.get("/health/ready")[0] == 200, timeout, "not ready again")

    def flask(self, *command: str) -> str:
        """Run a flask command on this clinic; its standard output."""
        line = [sys.executable, "-m", "flask", *command]
        return subprocess.run(line, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What is durable: read from the database file beside the running clinic."""
        with contextlib.closing(sqlite.connect(f"file:{self.var}/clinic.sqlite3?mode=ro", uri=True)) as connection:
            return list(connection.execute(query))

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[1])


@contextlib.contextmanager
def running_clinic() -> Iterator[RunningClinic]:
    """A clinic that is ready, gone afterwards."""
    running = RunningClinic()
    try:
        running.start()
        yield running
    finally:
        running.remove()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Callable[[], bool], timeout: float, message: str) -> None:
    """Look ten times a second; AssertionError with `message` when it does not come true."""
    until = time.monotonic() + timeout
    while not is_true():
        assert time.monotonic() < until, message
        time.sleep(0.1)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
