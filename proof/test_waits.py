"""What people are told they will wait, against a month of simulated days with seeds nobody has tried before."""

import datetime as dt
import secrets

import pytest

from proof.conftest import Note
from tests.queue.waits.simulated_day import Day, sample_departments

BEFORE, DAYS = 3, 20
# s: ranges are whole minutes.
TOLERANCE = 30


@pytest.mark.guards("the wait that people are told holds the true one four times in five, in every department")
def test_a_month_of_days(note: Note) -> None:
    seed = secrets.randbelow(10**9)
    note(seed=str(seed), days=DAYS)
    for number, department in enumerate(sample_departments()):
        right = told = 0
        for index in range(BEFORE + DAYS):
            day = Day(department, dt.date(2026, 10, 1) + dt.timedelta(days=index), seed + 1000 * number + index)
            for person in day.run(ask=index >= BEFORE):
                told += len(person.told)
                right += sum(low - TOLERANCE <= person.called <= high + TOLERANCE for _at, low, high in person.told)
        share = right / told
        note(**{f"department_{number + 1}": f"{share:.1%} of {told:,}"})
        assert share >= 0.8
