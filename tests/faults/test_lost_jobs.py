"""Nothing that somebody asked for hangs because something was killed."""

import pytest

from tests.faults.lost_jobs import SOON, ask_while_killing
from tests.running_clinic import RunningClinic

pytestmark = pytest.mark.faults


@pytest.mark.guards("an export asked for while workers and Valkey are killed is done or shown as failed in two minutes")
def test_exports_come_to_an_end_whatever_is_killed(clinic: RunningClinic) -> None:
    ended = ask_while_killing(clinic, exports=4, kills=3, pause=0.5)
    assert len(ended) == 4
    assert max(ended.values()) < SOON, ended
    clinic.wait_until_ready()
