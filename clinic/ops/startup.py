"""What must be true before the parts are started, and how to see that they are ready."""

import contextlib
import errno
import fcntl
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from clinic import ROOT
from clinic.config import Settings, redis_socket, run_folder


class StartError(Exception):
    """Clinic cannot start; the message is one line for whoever tried."""


def make_folder(var: Path) -> None:
    """The data folder, for nobody else to read. Raises StartError."""
    try:
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(var, error) from error


def _unusable(var: Path, error: OSError) -> StartError:
    return StartError(f"The folder {var} cannot be used: {error.strerror}. Choose one with CLINIC_VAR=.")


@contextlib.contextmanager
def claimed_folder(var: Path) -> Iterator[None]:
    """Make the data folder ours alone while the block runs. Raises StartError."""
    make_folder(var)
    try:
        run_folder(var).mkdir(mode=0o700, exist_ok=True)
        lock = (run_folder(var) / "clinic.lock").open("a")
    except OSError as error:
        raise _unusable(var, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(f"Clinic is already running on the folder {var}.") from error
        try:
            _put_in_order(var)
        except OSError as error:
            raise _unusable(var, error) from error
        yield


def _put_in_order(var: Path) -> None:
    """What earlier versions left: pipes among the data, on which a copy hangs for ever, and files others could read."""
    for name in ("redis.sock", "clinic.lock", "clinic.sqlite3-next*", "clinic.sqlite3-now*"):
        for path in var.glob(name):
            path.unlink()
    for path in (var, *var.glob("*"), *var.glob("log/*")):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


def check_port(host: str, port: int) -> None:
    """Raises StartError when another program listens there."""
    name = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in name else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((name, port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise StartError(f"Port {port} of {host} {reason}. Choose another one with PORT=.") from error


def prepare_data() -> str:
    """Migrate, and load the sample clinic on a developer's first start; returns what to tell the user.

    Raises StartError.
    """
    command = [sys.executable, "-m", "flask", "setup"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"The database could not be prepared:\n{done.stderr.strip()[-2000:]}")
    return done.stdout.strip()


def redis_answers(var: Path, timeout: float, meanwhile: Callable[[], None]) -> bool:
    """Whether the embedded Valkey answers and has read its file within `timeout`; `meanwhile` between two looks."""
    return _within(timeout, lambda: _answers_ping(redis_socket(var)), meanwhile)


def becomes_ready(settings: Settings, timeout: float, meanwhile: Callable[[], None]) -> bool:
    """Whether /health/ready says so within `timeout`, calling `meanwhile` between two looks."""
    return _within(timeout, lambda: _answers(settings, "/health/ready"), meanwhile)


def serves_pages(settings: Settings, timeout: float, meanwhile: Callable[[], None]) -> bool:
    """Whether pages are served within `timeout`, whatever else is missing."""
    return _within(timeout, lambda: _answers(settings, "/health/live"), meanwhile)


def _within(timeout: float, is_true: Callable[[], bool], meanwhile: Callable[[], None]) -> bool:
    until = time.monotonic() + timeout
    while not is_true():
        if time.monotonic() > until:
            return False
        meanwhile()
        time.sleep(0.1)
    return True


def _answers_ping(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return _exchange(client, str(path), b"PING\r\n").startswith(b"+PONG")


def _answers(settings: Settings, path: str) -> bool:
    address = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # nosec B104: only compared
    host = settings.trusted_hosts[0] if settings.trusted_hosts else "localhost"
    request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
    with socket.socket() as client:
        return b" 200 " in _exchange(client, (address, settings.port), request).split(b"\r\n")[0]


def _exchange(client: socket.socket, address: str | tuple[str, int], request: bytes) -> bytes:
    """The first bytes of the answer; none when there is no answer. Small on purpose: no HTTP client is loaded."""
    client.settimeout(5)
    try:
        client.connect(address)
        client.sendall(request)
        return client.recv(4096)
    except OSError:
        return b""
