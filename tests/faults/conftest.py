"""A running clinic to break."""

from collections.abc import Iterator

import pytest

from tests.running_clinic import RunningClinic, running_clinic


@pytest.fixture(scope="module")
def clinic() -> Iterator[RunningClinic]:
    """Started once for the tests of a file."""
    with running_clinic() as running:
        yield running
