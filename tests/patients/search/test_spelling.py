"""Words one typing error apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.patients.search.spelling import spellings, within_one_error

WORDS = st.text(alphabet="abc", max_size=6)


def distance_is_at_most_one(a: str, b: str) -> bool:
    """The definition, tried out: every single error applied to `a`."""
    letters = "abc"
    cuts = [(a[:i], a[i:]) for i in range(len(a) + 1)]
    made = {a, *(x + y[1:] for x, y in cuts if y), *(x + y[1] + y[0] + y[2:] for x, y in cuts if len(y) > 1)}
    made |= {x + c + y[1:] for (x, y), c in itertools.product(cuts, letters) if y}
    made |= {x + c + y for (x, y), c in itertools.product(cuts, letters)}
    return b in made


@given(WORDS, WORDS)
def test_one_error_is_told_from_two(a: str, b: str) -> None:
    assert within_one_error(a, b) == distance_is_at_most_one(a, b)


@given(WORDS, WORDS)
def test_words_one_error_apart_share_a_spelling(a: str, b: str) -> None:
    if within_one_error(a, b):
        assert spellings(a) & spellings(b)


@pytest.mark.parametrize("typed", ["smih", "smiht", "simth", "smithh", "smjth", "mith", "smith"])
def test_usual_errors_are_one_error(typed: str) -> None:
    assert within_one_error(typed, "smith")
