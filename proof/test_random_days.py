"""Days in which anything happens in any order, from seeds nobody has tried before; they stand in the report."""

import secrets

import pytest
from sqlalchemy.orm import Session

from proof.conftest import Note
from tests.factories import Factory
from tests.queue.closing.test_any_course import any_course

COURSES, LENGTH = 30, 400
SEEDS = [secrets.randbelow(10**9) for _ in range(COURSES)]


@pytest.mark.guards(
    "whatever is done in whatever order, calendar, board and visits tell one story, and no day stays open"
)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_course(session: Session, make: Factory, note: Note, seed: int) -> None:
    note(seed=str(seed), steps=LENGTH)
    any_course(session, make, seed, LENGTH)
