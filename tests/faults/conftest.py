"""A running clinic to break."""

from collections.abc import Iterator

import pytest

from tests.running_clinic import RunningClinic


@pytest.fixture(scope="module")
def clinic() -> Iterator[RunningClinic]:
    """Started once for the tests of a file."""
    running = RunningClinic()
    try:
        running.start()
        yield running
    finally:
        running.remove()
