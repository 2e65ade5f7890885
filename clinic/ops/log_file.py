"""The log of all parts: they write into one pipe, and the supervisor alone writes the file.

So the file can be renamed without losing a line, and a disk without room stops the log and nothing else.
"""

import contextlib
import fcntl
import os
import select
import threading
import time
from pathlib import Path
from typing import IO

from clinic.room import has_room

FILE_BYTES = 20 * 1024**2
ALL_BYTES = 14 * FILE_BYTES
KEPT_DAYS = 14
KEPT_ANYWAY = 2  # whatever the clock says
_PIPE_BYTES = 1024**2
_LOOK_SECONDS = 5.0
_WAIT_SECONDS = 0.5


class LogFile:
    """`clinic.log` in a folder, with older ones beside it: two weeks of them, in a bounded size."""

    def __init__(self, folder: Path, file_bytes: int = FILE_BYTES, all_bytes: int = ALL_BYTES) -> None:
        self._path = folder / "clinic.log"
        self._file_bytes, self._all_bytes = file_bytes, all_bytes
        self._file: IO[bytes] | None = None
        self._lost = 0
        self._looked_at, self._has_room = -_LOOK_SECONDS, True

    def write(self, data: bytes) -> None:
        """Append whole lines. What cannot be written is counted, and said as soon as there is room again."""
        if not self._is_roomy():
            self._lost += len(data)
            return
        try:
            file = self._current()
            if self._lost:
                file.write(b'{"event": "%d bytes of the log had no room", "level": "error"}\n' % self._lost)
                self._lost = 0
            file.write(data)
        except OSError:
            self._lost += len(data)
            self.close()

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None

    def _is_roomy(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            with contextlib.suppress(OSError):
                self._has_room = has_room(self._path.parent)
        return self._has_room

    def _current(self) -> IO[bytes]:
        """The open file; a full one, or one of another day, gets a name of its own first."""
        if self._file is None or not self._path.exists():
            self.close()
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = self._path.open("ab", buffering=0)
        found = os.fstat(self._file.fileno())
        is_older = found.st_size and _day(found.st_mtime) != _day(time.time())
        if found.st_size >= self._file_bytes or is_older:
            self.close()
            self._path.rename(self._name_for_older())
            self._remove_oldest()
            self._file = self._path.open("ab", buffering=0)
        return self._file

    def _name_for_older(self) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        names = (self._path.with_name(f"clinic-{stamp}-{number:03}.log") for number in range(1000))
        return next(name for name in names if not name.exists())

    def _remove_oldest(self) -> None:
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in self._path.parent.glob("clinic-*.log")]
        limit, total = time.time() - KEPT_DAYS * 86400, 0
        for number, (at, size, path) in enumerate(sorted(found, reverse=True)):
            total += size
            if number >= KEPT_ANYWAY and (at < limit or total > self._all_bytes):
                path.unlink(missing_ok=True)


def _day(seconds: float) -> int:
    return int(seconds // 86400)


class LogPipe:
    """Carries what the parts print to the file. `input` is where they write; a thread reads until close()."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._read, False)
        with contextlib.suppress(OSError):  # a limit of the machine for all pipes of a user
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self.input: IO[bytes] = os.fdopen(write, "wb", buffering=0)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="log", daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        begun = b""
        while True:
            is_last = self._is_ending.is_set()
            data = self._take()
            lines, newline, begun = (begun + data).rpartition(b"\n")
            self._keep(lines + newline)
            if (is_last and not data) or len(begun) > _PIPE_BYTES:
                self._keep(begun + b"\n" if begun else b"")
                begun = b""
            if is_last and not data:
                return

    def _take(self) -> bytes:
        if not select.select([self._read], [], [], _WAIT_SECONDS if not self._is_ending.is_set() else 0)[0]:
            return b""
        try:
            return os.read(self._read, _PIPE_BYTES)
        except BlockingIOError:
            return b""

    def _keep(self, lines: bytes) -> None:
        """Whatever goes wrong with the file, the parts must find room in the pipe."""
        if lines:
            with contextlib.suppress(Exception):
                self._file.write(lines)

    def close(self) -> None:
        """Write what is still under way."""
        self._is_ending.set()
        self._thread.join(5)
        self.input.close()
        self._file.close()
        os.close(self._read)
