"""Several loops side by side, each a process forked from one that has loaded the application.

They share its memory, begin within milliseconds, and one that ends, however it ends, is forked again.
"""

import gc
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clinic.ops.surviving import surviving
from clinic.ops.tether import die_with_parent

LOOK_SECONDS = 0.2
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
STEADY_SECONDS = 10.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
log = logging.getLogger(__name__)


@dataclass
class _Member:
    """One loop. Times are monotonic seconds; `pid` is 0 while none runs."""

    work: Callable[[], None]
    pid: int = 0
    begin_at: float = 0.0
    began_at: float = 0.0
    delay: float = FIRST_DELAY


class Crew:
    """Keeps one process for each of `loops`, by name, until SIGTERM or SIGINT; what they do then is finished first."""

    def __init__(self, loops: Mapping[str, Callable[[], None]]) -> None:
        self._members = {name: _Member(work) for name, work in loops.items()}
        self._is_asked_to_stop = False

    def work(self) -> None:
        """Returns when it was asked to stop and every loop has ended."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._note_request)
        # Collecting garbage would write to every page that the processes share.
        gc.freeze()
        is_told = False
        while not self._is_asked_to_stop or any(member.pid for member in self._members.values()):
            self._reap()
            if not self._is_asked_to_stop:
                self._begin_missing()
            elif not is_told:
                is_told = True
                self._tell_all_to_stop()
            time.sleep(LOOK_SECONDS)

    def _note_request(self, _number: int, _frame: object) -> None:
        self._is_asked_to_stop = True

    def _begin_missing(self) -> None:
        now = time.monotonic()
        for name, member in self._members.items():
            if not member.pid and now >= member.begin_at:
                member.pid, member.began_at = _fork(name, member.work), now

    def _reap(self) -> None:
        now = time.monotonic()
        for name, member in self._members.items():
            if not member.pid:
                continue
            ended, status = os.waitpid(member.pid, os.WNOHANG)
            if not ended:
                continue
            if not self._is_asked_to_stop:
                log.warning("the %s worker ended (%s) and is started again", name, os.waitstatus_to_exitcode(status))
            is_steady = now - member.began_at >= STEADY_SECONDS
            member.delay = FIRST_DELAY if is_steady else min(member.delay * 2, LONGEST_DELAY)
            member.pid, member.begin_at = 0, now + member.delay

    def _tell_all_to_stop(self) -> None:
        for member in self._members.values():
            if member.pid:
                os.kill(member.pid, signal.SIGTERM)


def _fork(name: str, work: Callable[[], None]) -> int:
    """The child's process id; the child works and ends."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent(parent)
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        with surviving(f"the {name} worker"):
            work()
            code = 0
    finally:
        # Not as the parent ends: what it would still do on leaving is its own.
        logging.shutdown()
        os._exit(code)
