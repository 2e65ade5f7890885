"""Times that the clock leaves out, and those it shows twice (Europe/Paris)."""

import datetime as dt

import pytest

from clinic.clock import comes_twice, exists
from clinic.web.filters import local_time
from tests.appointments.conftest import Clinic
from tests.browser_client import Browser
from tests.factories import ZONE

SPRING = "28/3/2027"


def test_the_clock_is_asked() -> None:
    assert not exists(dt.date(2027, 3, 28), dt.time(2, 30), ZONE)
    assert exists(dt.date(2027, 3, 28), dt.time(3), ZONE)
    assert exists(dt.date(2027, 10, 31), dt.time(2, 30), ZONE)
    assert comes_twice(dt.datetime(2027, 10, 31, 0, 30, tzinfo=dt.UTC), ZONE)
    assert not comes_twice(dt.datetime(2027, 10, 31, 2, 30, tzinfo=dt.UTC), ZONE)


@pytest.mark.guards("a time that the clock leaves out is refused beside its field")
@pytest.mark.parametrize("url", ["/appointments", "/appointments/series"])
def test_a_time_left_out_is_refused(manager: Browser, clinic: Clinic, url: str) -> None:
    sent = {
        "patient_id": clinic.patient.id,
        "service_id": clinic.service.id,
        "practitioner_id": clinic.practitioner.id,
        "day": SPRING,
        "time": "2:30",
        "idempotency_key": "k" * 24,
    }
    answer = manager.post(url, sent)
    assert answer.status_code == 422
    assert "no such time on this day" in answer.get_data(as_text=True).partition('id="time-error">')[2][:400]


@pytest.mark.guards("a time that comes twice says which of the two it is")
def test_a_time_that_comes_twice_says_which(manager: Browser) -> None:
    manager.page("/today")
    first = dt.datetime(2027, 10, 31, 0, 45, tzinfo=dt.UTC)
    assert local_time(first) == "02:45 CEST"
    assert local_time(first + dt.timedelta(minutes=30)) == "02:15 CET"
    assert local_time(first + dt.timedelta(hours=2)) == "03:45"
