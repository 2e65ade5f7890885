"""Jobs of the schedule at a time that a test moved on: days and weeks after the last entry of the log."""

import inspect
from collections.abc import Callable


def run_as_believed(job: Callable[[], None]) -> None:
    """Run the job without asking whether the clock is believed; tests/audit/test_trusted_clock.py is about that."""
    inspect.unwrap(job)()
