"""Who holds more connections than another web process lets it go first."""

import pytest

from clinic.ops.dealing import Counts


def test_only_who_holds_more_than_another_waits() -> None:
    counts = Counts(2)
    first, second = counts.join(), counts.join()
    assert not counts.has_more(first)
    counts.note(first, 1)
    assert (counts.has_more(first), counts.has_more(second)) == (True, False)
    counts.note(second, 1)
    assert (counts.has_more(first), counts.has_more(second)) == (False, False)


def test_nobody_waits_for_a_process_that_has_ended_and_its_place_is_given_again() -> None:
    counts = Counts(2)
    first, second = counts.join(), counts.join()
    counts.note(first, 5)
    counts.leave(second)
    assert not counts.has_more(first)
    assert counts.join() == second
    assert counts.has_more(first)


@pytest.mark.parametrize("processes", [1, 2, 8])
def test_a_reload_has_places_for_twice_as_many(processes: int) -> None:
    counts = Counts(processes)
    assert sorted({counts.join() for _ in range(2 * processes)}) == list(range(2 * processes))
