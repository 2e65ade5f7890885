"""What was gathered goes to the log: one background thread in each process, one transaction at most every two seconds.

A kill that nothing can catch (SIGKILL, a power cut) loses what was read in the last two seconds.
"""

import atexit
import os
import threading

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic.audit.readings.gathering import Gatherer
from clinic.audit.readings.service import write_readings
from clinic.db import transaction

FLUSH_SECONDS = 2.0
log = structlog.get_logger("clinic.audit")


def flush(gatherer: Gatherer, session: Session) -> int:
    """Write what was gathered in one transaction; how many entries. What cannot be written waits for the next time."""
    batch, is_written = gatherer.take(), False
    if not batch:
        return 0
    try:
        with transaction(session) as write:
            write_readings(write, batch)
        is_written = True
    finally:
        if not is_written:
            gatherer.put_back(batch)
    return len(batch)


class Flusher:
    """Writes a gatherer's readings in the background. Its thread begins with the first reading: a fork keeps none."""

    def __init__(self, gatherer: Gatherer, engine: Engine, seconds: float = FLUSH_SECONDS) -> None:
        self._gatherer, self._engine, self._seconds = gatherer, engine, seconds
        gatherer.on_note = self._wake
        self._begin()
        os.register_at_fork(after_in_child=self._begin_in_child)
        # Whatever server runs this, and however it is asked to stop.
        atexit.register(self.stop)

    def _begin(self) -> None:
        self._news, self._stopping = threading.Event(), threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def _begin_in_child(self) -> None:
        self._gatherer.forget()
        self._begin()

    def _wake(self) -> None:
        self._news.set()
        if self._is_running() or self._stopping.is_set():
            return
        with self._starting:
            if not self._is_running():
                self._thread = threading.Thread(target=self._run, name="readings", daemon=True)
                self._thread.start()

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while self._news.wait():
            self._news.clear()
            if self._stopping.wait(self._seconds):
                return
            self.write()

    def write(self) -> None:
        """Write now what was gathered; an error is logged, and what it kept from being written waits."""
        with self._writing:
            try:
                with Session(self._engine) as session:
                    flush(self._gatherer, session)
            except SQLAlchemyError as error:
                log.error("readings could not be written; they are kept in memory", cause=type(error).__name__)
                self._news.set()
        if dropped := self._gatherer.take_dropped():
            log.error("readings were lost: too many wait to be written", count=dropped)

    def stop(self) -> None:
        """Write what is left; called at the end of the process."""
        self._stopping.set()
        self._news.set()
        self.write()
