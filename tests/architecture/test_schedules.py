"""What runs by the clock says whether it waits for a clock that is believed."""

from importlib import import_module

import pytest

from clinic.schedules import SCHEDULES, Schedule


@pytest.mark.guards("every job of the schedule waits for a clock that is believed, or says why it need not")
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_every_job_is_marked(schedule: Schedule) -> None:
    module, _dot, name = schedule.job.rpartition(".")
    job = getattr(import_module(module), name)
    assert job.waits_for_clock or job.why
