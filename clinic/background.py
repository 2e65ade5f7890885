"""Background work beside people: its computing gives way to pages, its writing is brief and comes last.

A thread of low priority may not hold the turn to write: everybody would wait at its priority, which it cannot raise
again. So what computes is such a thread, and what writes is not, and the two never run at once: a thread that waits for
the interpreter while it holds the turn would wait for the slow one all the same.
"""

import contextvars
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.turns import behind_others

Item = TypeVar("Item")

NICENESS = 5  # of 19: a quarter of the processor while pages want it, all of it otherwise
# Seconds that a piece of writing may hold the turn, its COMMIT included; pieces are made for three quarters of it.
BRIEF = 0.020
_AIM = 0.75 * BRIEF
# The share of a new measurement in the estimate of what a row costs.
_WEIGHT = 0.3
_END = object()


def give_way() -> None:
    """Let this thread have what others leave of the processors. On Linux; elsewhere threads have no priority."""
    if hasattr(os, "setpriority") and hasattr(threading, "get_native_id"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def aside(items: Generator[Item, None, None]) -> Iterator[Item]:
    """What a generator gives, computed by a thread of low priority, one item at each request.

    The generator has the caller's context and its session, and runs only while the caller waits for the next item. It
    is closed when the caller stops.
    """
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1, "aside", initializer=give_way) as thread:
        try:
            while (item := thread.submit(lambda: context.run(_next, items)).result()) is not _END:
                yield cast(Item, item)
        finally:
            thread.submit(context.run, items.close).result()


def _next(items: Generator[Item, None, None]) -> Item | object:
    return next(items, _END)


class Pace:
    """How a job writes beside people: pieces as large as 20 ms allow, and between them a rest as long as each took.

    The 20 ms are of this thread's own work, as on a machine with nothing else to do: on a busy one everything takes
    longer, and pieces of a row or two would hold the turn for their COMMITs alone.
    """

    def __init__(
        self, first: int = 8, least: int = 1, most: int = 500, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._least, self._most, self._sleep = least, most, sleep
        self._row_seconds = _AIM / first
        self._rest_until = 0.0

    @property
    def rows(self) -> int:
        """How many rows the next piece may have."""
        return max(self._least, min(self._most, int(_AIM / self._row_seconds)))

    @contextmanager
    def transaction(self, rows: int) -> Iterator[Session]:
        """One piece of so many rows: as clinic.db.transaction(), but its turn comes when no one else waits."""
        # What was computed since the last piece was a rest from writing too.
        self._sleep(max(0.0, self._rest_until - time.monotonic()))
        with behind_others(), transaction() as session:
            began, worked = time.monotonic(), time.thread_time()
            yield session
        self.note(rows, time.thread_time() - worked, time.monotonic() - began)

    def note(self, rows: int, worked: float, held: float) -> None:
        """A piece of so many rows was so much work and held the turn for so long: learn from it, and rest as long."""
        cost = worked / max(rows, 1)
        # What took longer than a piece may is believed at once.
        weight = 1.0 if worked > BRIEF else _WEIGHT
        self._row_seconds += weight * (cost - self._row_seconds)
        self._rest_until = time.monotonic() + min(held, 1.0)
