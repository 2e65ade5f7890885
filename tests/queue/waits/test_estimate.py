"""The stated range, against days whose outcome is known."""

import datetime as dt
import statistics

import pytest

from clinic.queue.waits.estimate import Busy, Situation, Waiting, estimate
from tests.queue.waits.simulated_day import Day, Person, sample_departments

BEFORE, DAYS = 3, 4
FIRST_DAY = dt.date(2026, 11, 2)
# Half a minute either way: ranges are whole minutes.
TOLERANCE = 30


@pytest.fixture(scope="module")
def people() -> list[list[Person]]:
    """Everybody of some days in each department of the sample clinic, whose earlier days are on record."""
    found = []
    for number, department in enumerate(sample_departments()):
        days = [Day(department, FIRST_DAY + dt.timedelta(days=d), seed=100 * number + d) for d in range(BEFORE + DAYS)]
        came = [day.run(ask=index >= BEFORE) for index, day in enumerate(days)]
        found.append([person for day in came[BEFORE:] for person in day])
    return found


def test_the_range_holds_the_true_wait_four_times_in_five(people: list[list[Person]]) -> None:
    for department in people:
        told = [(low - TOLERANCE <= p.called <= high + TOLERANCE) for p in department for _at, low, high in p.told]
        assert len(told) > 300
        assert sum(told) / len(told) >= 0.8


def test_the_range_is_narrow_enough_to_be_of_use(people: list[list[Person]]) -> None:
    told = [(p.called - at, high - low) for department in people for p in department for at, low, high in p.told]
    widths = [width / 60 for _true, width in told]
    assert statistics.median(widths) <= 35
    short = [width / 60 for true, width in told if true < 15 * 60]
    assert statistics.median(short) <= 20
    # The wait of the whole day, said to everybody, would be several times as wide.
    everything = statistics.quantiles([true / 60 for true, _width in told], n=20)
    assert statistics.median(widths) < (everything[-1] - everything[0]) / 2.5


def test_almost_everybody_who_waits_is_told_something(people: list[list[Person]]) -> None:
    waited = [p for department in people for p in department if p.called - p.joined > 15 * 60]
    assert sum(bool(p.told) for p in waited) / len(waited) > 0.95


def situation(waiting: int, rooms: int = 1, **values: object) -> Situation:
    given: dict[str, object] = {"busy": [], "measured": {1: [600.0] * 20}, "planned": {1: 900.0}, "arrivals": {}}
    people = [Waiting(number, 1, 2) for number in range(waiting)]
    return Situation(waiting=people, rooms=rooms, **{**given, **values})  # type: ignore[arg-type]


def test_who_is_further_back_waits_longer() -> None:
    waits = estimate(situation(6, busy=[Busy(1, 300.0)]), seed=1)
    assert [(wait.low, wait.high) for wait in waits.values()] == [
        (5, 10), (15, 20), (25, 30), (35, 40), (45, 50), (55, 60)
    ]  # fmt: skip
    assert waits[0].samples == 20


def test_more_rooms_make_it_quicker() -> None:
    assert estimate(situation(6, rooms=3), seed=1)[5].high < estimate(situation(6), seed=1)[5].high


def test_nothing_is_said_while_nobody_calls() -> None:
    assert estimate(situation(6, rooms=0), seed=1) == {}


def test_without_measured_times_the_plan_is_all_there_is() -> None:
    wait = estimate(situation(3, measured={1: [60.0] * 3}), seed=1)[2]
    assert wait.samples == 0
    assert wait.high > 20


def test_urgent_tickets_to_come_make_others_wait_but_not_the_urgent() -> None:
    quiet, busy = (estimate(situation(8, arrivals={0: rate, 1: 0.0}), seed=1)[7].high for rate in (0.0, 1 / 600))
    assert busy > quiet + 15
    urgent = situation(0, arrivals={0: 1 / 600}, busy=[Busy(1, 0.0)])
    (wait,) = estimate(Situation(**{**vars(urgent), "waiting": [Waiting(1, 1, 0)]}), seed=1).values()
    assert wait.high <= 15


def test_the_same_queue_is_told_the_same() -> None:
    assert estimate(situation(9), seed=4) == estimate(situation(9), seed=4)
