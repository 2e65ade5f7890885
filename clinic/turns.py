"""Whose turn it is to write to SQLite, which has one writer at a time.

Left to itself, SQLite lets the waiting ask again and again: whoever just wrote is the first to ask, and others starve.
So threads of a process stand in line at a lock, and the processes of the clinic at locks on two files beside the
database: who holds "next" comes after who holds "now", and nobody overtakes them. The kernel takes both from a process
that dies.
"""

import fcntl
import os
import threading
import time
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

# s between two looks at whether another process is done: a write takes some thousandths.
LOOK, LOOK_LATER, PATIENT_AFTER = 0.0002, 0.001, 0.02


class Turn:
    """The turn to write to one database, for the threads of this process. Not for use across a fork."""

    def __init__(self, database: str) -> None:
        self._thread = threading.Lock()
        self._next, self._now = (
            os.open(f"{database}-{name}", os.O_RDWR | os.O_CREAT, 0o600) for name in ("next", "now")
        )

    def __del__(self) -> None:
        os.close(self._next)
        os.close(self._now)

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False when it did not come within `seconds`."""
        until = time.monotonic() + seconds
        if not self._thread.acquire(timeout=seconds):
            return False
        if _lock(self._next, until):
            try:
                if _lock(self._now, until):
                    return True
            finally:
                fcntl.flock(self._next, fcntl.LOCK_UN)
        self._thread.release()
        return False

    def give_back(self) -> None:
        fcntl.flock(self._now, fcntl.LOCK_UN)
        self._thread.release()


def _lock(file: int, until: float) -> bool:
    patient_from = time.monotonic() + PATIENT_AFTER
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            now = time.monotonic()
            if now >= until:
                return False
            time.sleep(LOOK if now < patient_from else LOOK_LATER)


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
