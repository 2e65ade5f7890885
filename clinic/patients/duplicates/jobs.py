"""Comparing records in the background."""

import time

from clinic import clock
from clinic.audit.trusted_clock import whatever_the_clock
from clinic.db import current_session, transaction
from clinic.patients.duplicates import service
from clinic.patients.duplicates.blocking import find_matches
from clinic.patients.duplicates.queries import list_waiting

# A run ends after this long, so that other jobs have their turn after a large import; the schedule brings the next.
_SECONDS = 20
BATCH = 50


@whatever_the_clock("it compares what waits, whenever that is")
def match_waiting() -> None:
    """Compare the records that wait with all others, batch by batch. Safe to repeat, and to be killed at any time."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        session = current_session()
        waiting = list_waiting(session, BATCH)
        if not waiting:
            return
        # Found before the transaction: it holds SQLite's one write lock.
        found = find_matches(session, list(waiting))
        with transaction() as session:
            service.keep_matches(session, waiting=waiting, found=found, now=clock.now())
