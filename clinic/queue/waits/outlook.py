"""The outlook of each department's queue, worked out once for however many phones ask."""

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from clinic.queue.waits.estimate import Wait, estimate
from clinic.queue.waits.queries import History, read_history, read_situation

FRESH = dt.timedelta(seconds=3)
HISTORY_FRESH = dt.timedelta(minutes=2)
_KEEP = dt.timedelta(days=2)


@dataclass(frozen=True)
class Outlook:
    """A department's queue: how many are before each waiting entry, and its expected wait where one can be given."""

    at: dt.datetime
    ahead: Mapping[int, int]
    waits: Mapping[int, Wait]


@dataclass
class _Kept:
    """What is kept of one department on one day; one thread at a time works it out."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    history: tuple[dt.datetime, History] | None = None
    outlook: Outlook | None = None


class Outlooks:
    """Outlooks of one process, some seconds old at most. Lost with the process: they are only worked out again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, dt.date], _Kept] = {}

    def get(
        self, session: Session, department_id: int, *, day: dt.date, now: dt.datetime, entry_id: int | None = None
    ) -> Outlook:
        """The department's outlook, in which the waiting entry `entry_id` stands however lately it joined.

        Who asks while another thread works it out waits for that.
        """
        if any(day - other > _KEEP for _department, other in self._kept):
            self.forget()
        kept = self._kept.setdefault((department_id, day), _Kept())
        with kept.lock:
            known = kept.outlook
            if known is None or now - known.at >= FRESH or (entry_id is not None and entry_id not in known.ahead):
                known = kept.outlook = _work_out(session, department_id, kept, day, now)
            return known

    def forget(self) -> None:
        """Work everything out again."""
        self._kept = {}


def _work_out(session: Session, department_id: int, kept: _Kept, day: dt.date, now: dt.datetime) -> Outlook:
    if kept.history is None or now - kept.history[0] >= HISTORY_FRESH:
        kept.history = now, read_history(session, department_id, day)
    situation = read_situation(session, department_id, kept.history[1], day=day, now=now)
    # The same seed for a while: a range changes because the queue did, not because the dice fell otherwise.
    waits = estimate(situation, seed=department_id * 1_000_000 + len(situation.waiting))
    ahead = {person.entry_id: place for place, person in enumerate(situation.waiting)}
    return Outlook(now, ahead, waits)
