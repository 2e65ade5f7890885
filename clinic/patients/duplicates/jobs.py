"""Comparing records in the background."""

import datetime as dt
import time
from collections.abc import Generator, Mapping

from clinic import clock
from clinic.audit.trusted_clock import whatever_the_clock
from clinic.background import Pace, aside
from clinic.db import current_session
from clinic.patients.duplicates import service
from clinic.patients.duplicates.blocking import Match, find_matches
from clinic.patients.duplicates.queries import list_waiting

# A run ends after this long, so that other jobs have their turn after a large import; the schedule brings the next.
_SECONDS = 20
BATCH = 50
Compared = tuple[Mapping[int, dt.datetime], Mapping[tuple[int, int], Match]]


@whatever_the_clock("it compares what waits, whenever that is")
def match_waiting() -> None:
    """Compare the records that wait with all others, batch by batch. Safe to repeat, and to be killed at any time."""
    pace = Pace(most=BATCH)
    for waiting, found in aside(_compared(pace)):
        with pace.transaction(len(waiting)) as session:
            service.keep_matches(session, waiting=waiting, found=found, now=clock.now())


def _compared(pace: Pace) -> Generator[Compared, None, None]:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        session = current_session()
        waiting = list_waiting(session, pace.rows)
        if not waiting:
            return
        yield waiting, find_matches(session, list(waiting))
