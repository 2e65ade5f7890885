"""Whatever is done in whatever order, calendar, board and visits tell one story, and no day stays open."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.factories import Factory
from tests.queue.checkin.story import assert_one_story
from tests.queue.closing.course import ENDS, Clinic

ACTIONS = (
    "book",
    "at_the_calendar",
    "undo_at_the_calendar",
    "check_in_a_walk_in",
    "check_in_an_appointment",
    "name_a_walk_in",
    "end_a_visit",
    "call_next",
    "at_the_board",
    "transfer",
    "undo_at_the_board",
    "close_the_day",
    "let_an_hour_pass",
    "spend_a_night",
)
# What happens all day long is drawn more often than what ends a day.
WEIGHTS = (4, 6, 5, 3, 6, 4, 10, 2, 14, 4, 6, 1, 2, 1)
COURSES, LENGTH = 12, 120


def any_course(session: Session, make: Factory, seed: int, length: int) -> Counter[str]:
    """Do so many things one after the other, looking after each; what was really done, not refused."""
    clinic, dice = Clinic(session, make), random.Random(seed)
    for _ in range(length):
        (name,) = dice.choices(ACTIONS, WEIGHTS)
        clinic.act(name, dice.randrange(120), dice.randrange(120))
        assert_one_story(session)
        clinic.assert_nobody_is_stuck()
    clinic.act("spend_a_night", 0, 0)
    assert_one_story(session)
    return clinic.done


@pytest.fixture(scope="module")
def done() -> Iterator[Counter[str]]:
    """What was really done, not refused, in all courses: at the end, everything often enough to mean something."""
    counted: Counter[str] = Counter()
    yield counted
    assert all(counted[name] >= 8 for name in ACTIONS), counted
    assert all(counted[way.service.__name__] >= 5 for way in ENDS), counted


@pytest.mark.parametrize("seed", range(COURSES))
def test_any_course_tells_one_story_and_ends_clean(
    session: Session, make: Factory, done: Counter[str], seed: int
) -> None:
    done.update(any_course(session, make, seed, LENGTH))
