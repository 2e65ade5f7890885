"""Whose turn it is to write to SQLite, which has one writer at a time.

Left to itself, SQLite lets the waiting ask again and again: whoever just wrote is the first to ask, and others starve.
So threads of a process stand in line at a lock, and the processes of the clinic at locks on two files in the folder
`run` beside the database: who holds "next" comes after who holds "now", and nobody overtakes them. The kernel takes
both from a process that dies. Background work waits behind all of them: it takes
its turn only when nobody stands in line.
"""

import fcntl
import os
import select
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

from clinic.config import run_folder

# ms after which who waits looks again without having heard the bell: its ringer died, or somebody else heard it.
LOOK_AGAIN = 10
# Seconds between two looks of who waits behind others, and after how long it stands in line like everybody.
LOOK_BEHIND, PATIENCE_BEHIND = 0.004, 3.0
_is_behind: ContextVar[bool] = ContextVar("is_behind", default=False)


@contextmanager
def behind_others() -> Iterator[None]:
    """What writes in this block lets everybody else write first, for some seconds."""
    token = _is_behind.set(True)
    try:
        yield
    finally:
        _is_behind.reset(token)


def _bell(path: str) -> tuple[int, int]:
    """The ends (to hear, to ring) of a pipe with a name.

    Of a pipe of one's own where the folder takes none (some network and memory-card file systems): then who waits for
    another process looks again by itself.
    """
    with suppress(OSError):
        os.mkfifo(path, 0o600)
    with suppress(OSError):
        found = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        if stat.S_ISFIFO(os.fstat(found).st_mode):
            return found, found
        os.close(found)
    return os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)


class _Gate:
    """A lock among processes, with a bell: a pipe into which whoever leaves puts a byte for whoever waits.

    A look at the lock now and then would do as well, but each costs processor time that the writers need.
    """

    def __init__(self, path: str) -> None:
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._hear, self._ring = _bell(f"{path}.bell")
        self._poll = select.poll()
        self._poll.register(self._hear, select.POLLIN)

    def close(self) -> None:
        for each in {self._lock, self._hear, self._ring}:
            os.close(each)

    def enter(self, until: float) -> bool:
        """Wait for the lock; False when it did not come until then (monotonic seconds)."""
        while not self._take():
            left = (until - time.monotonic()) * 1000
            if left <= 0:
                return False
            if self._poll.poll(min(left, LOOK_AGAIN)):
                with suppress(BlockingIOError):
                    os.read(self._hear, select.PIPE_BUF)
        return True

    def _take(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        """Give the lock back and ring. A full pipe has rung already."""
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        with suppress(BlockingIOError):
            os.write(self._ring, b"!")


class _Crowd:
    """Whether anybody waits to write, in any process: each that has somebody waiting holds a share of a lock."""

    def __init__(self, path: str) -> None:
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._counting = threading.Lock()
        self._waiting = 0

    def close(self) -> None:
        os.close(self._lock)

    @contextmanager
    def joined(self) -> Iterator[None]:
        """The caller is among those who wait."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            before, self._waiting = self._waiting, self._waiting + change
            if not before:
                fcntl.flock(self._lock, fcntl.LOCK_SH)
            elif not self._waiting:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def is_empty(self) -> bool:
        with self._counting:
            if self._waiting:
                return False
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            return True


class Turn:
    """The turn to write to one database, for the threads of this process. Not for use across a fork."""

    def __init__(self, database: str) -> None:
        self._thread = threading.Lock()
        path = Path(database)
        run = run_folder(path.parent)
        run.mkdir(mode=0o700, exist_ok=True)
        self._next, self._now = _Gate(f"{run / path.name}-next"), _Gate(f"{run / path.name}-now")
        self._people = _Crowd(f"{run / path.name}-people")

    def __del__(self) -> None:
        self._next.close()
        self._now.close()
        self._people.close()

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False when it did not come within `seconds`."""
        until = time.monotonic() + seconds
        if _is_behind.get() and self._take_behind(time.monotonic() + min(seconds, PATIENCE_BEHIND)):
            return True
        with self._people.joined():
            return self._take_in_line(until)

    def _take_in_line(self, until: float) -> bool:
        if not self._thread.acquire(timeout=max(until - time.monotonic(), 0)):
            return False
        if self._next.enter(until):
            try:
                if self._now.enter(until):
                    return True
            finally:
                self._next.leave()
        self._thread.release()
        return False

    def _take_behind(self, until: float) -> bool:
        """Take the turn at a moment when nobody has it or waits for it: it never stands in line before anybody."""
        while time.monotonic() < until:
            if self._people.is_empty() and self._thread.acquire(blocking=False):
                if self._take_if_free():
                    return True
                self._thread.release()
            time.sleep(LOOK_BEHIND)
        return False

    def _take_if_free(self) -> bool:
        now = time.monotonic()
        if not self._next.enter(now):
            return False
        try:
            return self._now.enter(now)
        finally:
            self._next.leave()

    def give_back(self) -> None:
        self._now.leave()
        self._thread.release()


_turns: WeakKeyDictionary[Engine, Turn] = WeakKeyDictionary()
_opening = threading.Lock()


def turn_of(engine: Engine) -> Turn:
    """This process's turn for the SQLite file behind an engine."""
    with _opening:
        if engine not in _turns:
            _turns[engine] = Turn(str(engine.url.database))
        return _turns[engine]


def _forget() -> None:
    """A process just forked opens files of its own: with its parent's it would share the parent's turn."""
    global _opening
    _opening = threading.Lock()
    _turns.clear()


os.register_at_fork(after_in_child=_forget)
