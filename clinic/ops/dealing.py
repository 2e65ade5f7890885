"""Connections are dealt out evenly to the web processes.

All wait at one socket. Left to itself, whoever wakes first takes a burst of connections and serves it alone for as long
as the browsers keep them, while the others idle; a socket for each process deals them out by chance, six to two as
often as not. So every process says how many it holds, and who holds more than another lets that one go first.
"""

import mmap
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# s: longer than a process that has nothing to do takes to accept, shorter than anybody notices.
HEAD_START = 0.001
_BYTES = 4
NOBODY = 2**32 - 1


class Counts:
    """How many connections each process holds, for all of them to read. Made before the processes split off."""

    def __init__(self, processes: int) -> None:
        self._held = memoryview(mmap.mmap(-1, processes * _BYTES)).cast("I")
        for place in range(len(self._held)):
            self._held[place] = NOBODY

    def join(self) -> int:
        """A place for one more process, which holds nothing yet. Too many share the last."""
        place = next((n for n, held in enumerate(self._held) if held == NOBODY), len(self._held) - 1)
        self._held[place] = 0
        return place

    def leave(self, place: int) -> None:
        """The process at `place` has ended."""
        self._held[place] = NOBODY

    def note(self, place: int, held: int) -> None:
        """Say how many the process at `place` holds.

        gunicorn counts down twice when an answer breaks off after it began, so it may say less than none.
        """
        self._held[place] = max(held, 0)

    def has_more(self, place: int) -> bool:
        """Whether another process holds fewer than the one at `place`."""
        return min(self._held) < self._held[place]


class DealingWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, at one of the places in `counts`."""

    counts: Counts
    place: int
    nr_conns: int

    def notify(self) -> None:
        """Called before every look for something to do."""
        self.counts.note(self.place, self.nr_conns)
        super().notify()

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Called when a connection is done or waits for its next request: it counts once."""
        held = self.nr_conns
        super().finish_request(conn, fs)
        self.nr_conns = max(self.nr_conns, held - 1)

    def accept(self, listener: Any) -> None:
        """Take a connection, unless a process that holds fewer takes it first."""
        if self.counts.has_more(self.place):
            time.sleep(HEAD_START)
        super().accept(listener)
        self.counts.note(self.place, self.nr_conns)
