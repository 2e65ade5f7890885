"""Days in which anything happens in any order, from seeds nobody has tried before; they stand in the report."""

import random
import secrets

import pytest
from sqlalchemy.orm import Session

from proof.conftest import Note
from tests.factories import Factory
from tests.queue.checkin.story import assert_one_story
from tests.queue.closing.course import Clinic
from tests.queue.closing.test_any_course import ACTIONS, WEIGHTS

COURSES, LENGTH = 30, 400
SEEDS = [secrets.randbelow(10**9) for _ in range(COURSES)]


@pytest.mark.guards(
    "whatever is done in whatever order, calendar, board and visits tell one story, and no day stays open"
)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_course(session: Session, make: Factory, note: Note, seed: int) -> None:
    note(seed=str(seed), steps=LENGTH)
    clinic, dice = Clinic(session, make), random.Random(seed)
    for _ in range(LENGTH):
        (name,) = dice.choices(ACTIONS, WEIGHTS)
        clinic.act(name, dice.randrange(120), dice.randrange(120))
        assert_one_story(session)
        clinic.assert_nobody_is_stuck()
    clinic.act("spend_a_night", 0, 0)
    assert_one_story(session)
