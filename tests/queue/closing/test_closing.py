"""A day ends: by hand, all at once, or by itself in the night."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.auth.access import Role
from clinic.directory.models import Service
from clinic.patients.models import Patient
from clinic.queue.closing.jobs import close_past_days
from clinic.queue.models import QueueEntry
from clinic.queue.models import State as EntryState
from clinic.schedules import SCHEDULES
from clinic.visits.models import State, Visit
from tests.browser_client import Browser
from tests.factories import Factory
from tests.queue.checkin.story import assert_one_story

DAY = dt.timedelta(days=1)


class Evening:
    """Somebody of every kind is still open, since `now`."""

    def __init__(self, make: Factory, receptionist: Browser, now: dt.datetime) -> None:
        self.make, self.now = make, now
        self.service: Service = make.service(make.department())
        make.room(self.service.department)
        self.anonymous = make.ticket(self.service, now=now)
        self.waiting, self.in_service, self.served = (
            make.ticket(self.service, self.patient(name), now=now) for name in ("Amal", "Ben", "Cleo")
        )
        for entry, steps in ((self.in_service, ("call", "start")), (self.served, ("call", "finish"))):
            for step in steps:
                assert receptionist.post(f"/queue/{entry.id}/{step}").status_code == 303
        self.missed = self.book("Dora", now)

    def patient(self, name: str) -> Patient:
        return self.make.patient(name)

    def book(self, name: str, at: dt.datetime) -> Appointment:
        practitioner = self.make.practitioner(name)
        return self.make.appointment(self.service, self.patient(name), at, practitioner=practitioner, now=self.now)

    def assert_closed(self) -> None:
        session = self.make.session
        assert_one_story(session)
        of_that_day = QueueEntry.day == self.waiting.day
        states = {e.id: e.state for e in session.scalars(select(QueueEntry).where(of_that_day))}
        assert states == {
            self.anonymous.id: EntryState.NO_SHOW,
            self.waiting.id: EntryState.NO_SHOW,
            self.in_service.id: EntryState.DONE,
            self.served.id: EntryState.DONE,
        }
        visits = {v.patient.given_name: v for v in session.scalars(select(Visit).where(Visit.day == self.waiting.day))}
        assert {name: v.state for name, v in visits.items()} == {
            "Amal": State.LEFT,
            "Ben": State.FINISHED,
            "Cleo": State.FINISHED,
        }
        assert visits["Ben"].is_closed_by_day
        assert visits["Ben"].settlement is None
        assert self.missed.state is AppointmentState.NO_SHOW


@pytest.fixture
def evening(make: Factory, receptionist: Browser) -> Evening:
    return Evening(make, receptionist, clock.now())


def test_everything_open_is_listed_with_an_end_of_its_own(receptionist: Browser, evening: Evening) -> None:
    page = receptionist.page("/queue/closing")
    for entry in (evening.anonymous, evening.waiting, evening.in_service):
        assert f'id="entry-{entry.id}-end"' in page
    assert "Cleo" in page
    assert f'id="appointment-{evening.missed.id}-end"' in page
    receptionist.post(f"/queue/{evening.in_service.id}/finish")
    receptionist.post(f"/queue/{evening.waiting.id}/leave")
    page = receptionist.page("/queue/closing")
    assert "Amal" not in page
    assert f"/visits/{evening.in_service.visit_id}/check-out" in page


def test_a_missed_appointment_becomes_a_no_show_once(receptionist: Browser, session: Session, evening: Evening) -> None:
    page = receptionist.page("/queue/closing")
    address = f"/appointments/{evening.missed.id}/no_show"
    assert f'action="{address}"' in page
    sent = {"version": evening.missed.version}
    assert [receptionist.htmx("POST", address, sent).status_code for _ in range(2)] == [200, 409]
    session.refresh(evening.missed)
    assert evening.missed.state is AppointmentState.NO_SHOW
    assert f"appointment-{evening.missed.id}" not in receptionist.page("/queue/closing")


def test_closing_all_says_what_will_happen_and_does_it_once(
    receptionist: Browser, session: Session, evening: Evening
) -> None:
    later = evening.book("Emil", clock.now() + dt.timedelta(minutes=1))
    question = receptionist.page("/queue/closing/all")
    assert "1 person is waiting and will be marked “Left without being seen”" in question
    assert "1 holder of a ticket without a name" in question
    assert "1 person is being seen and will be checked out" in question
    assert "1 person was seen and will be checked out" in question
    assert "1 person has not come and will be marked “No-show”" in question
    for _ in range(2):
        assert receptionist.post("/queue/closing/all", {"confirm": "y"}).status_code == 303
    evening.assert_closed()
    session.refresh(later)
    if later.day == evening.missed.day:
        assert later.state is AppointmentState.BOOKED
        assert "1 person is still to come" in receptionist.page("/queue/closing")


def test_the_next_morning_starts_clean_by_itself_and_yesterday_stays_readable(
    receptionist: Browser, make: Factory, session: Session
) -> None:
    evening = Evening(make, receptionist, clock.now() - DAY)
    today = make.ticket(evening.service, make.patient("Fay"))
    for _ in range(2):
        close_past_days()
    evening.assert_closed()
    session.refresh(today)
    assert today.state is EntryState.WAITING
    page = receptionist.page(f"/visits?day={evening.waiting.day}")
    assert all(name in page for name in ("Amal", "Ben", "Cleo"))
    assert "Fay" not in page


def test_the_night_begins_after_the_clinics_midnight_and_once_a_day() -> None:
    (schedule,) = (s for s in SCHEDULES if s.name == "close-past-days")
    paris = ZoneInfo("Europe/Paris")
    nights = [dt.datetime(2026, 10, 25, hour, 30, tzinfo=paris) for hour in (0, 2, 3, 23)]
    assert [schedule.occurrence(night, paris) for night in nights] == [
        "2026-10-24",
        "2026-10-24",
        "2026-10-25",
        "2026-10-25",
    ]


def test_with_nothing_open_there_is_nothing_to_close(receptionist: Browser) -> None:
    assert "Nothing is open" in receptionist.page("/queue/closing")
    assert receptionist.post("/queue/closing/all").status_code == 303


def test_only_the_front_desk_closes_a_day(browser: Browser, make: Factory) -> None:
    doctor = browser.sign_in(make.user(Role.PRACTITIONER))
    assert doctor.get("/queue/closing").status_code == 403
    assert doctor.post("/queue/closing/all").status_code == 403
