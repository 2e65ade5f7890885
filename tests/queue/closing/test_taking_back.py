"""A closing asks before it surprises anybody, counts people, and is taken back as a whole."""

import datetime as dt
import random
import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.clock import clinic_day
from clinic.db import transaction
from clinic.queue.closing.jobs import close_past_days
from clinic.queue.closing.models import DayClosing
from clinic.queue.closing.service import close_day
from clinic.queue.closing.undo import undo_closing
from clinic.queue.models import QueueEntry
from clinic.queue.models import State as EntryState
from clinic.queue.notices.models import OpeningHours
from clinic.visits.models import State, Visit
from tests.browser_client import Browser
from tests.factories import TESTER, ZONE, Factory
from tests.query_count import count_queries
from tests.queue.checkin.story import assert_one_story
from tests.queue.closing.course import Clinic
from tests.queue.closing.test_any_course import ACTIONS, WEIGHTS
from tests.queue.closing.test_closing import Evening

CLOSE, CONFIRMED = "/queue/closing/all", {"confirm": "y"}
TAKEN_BACK = "a closing of the day is taken back as a whole; what somebody went on with stays and is listed"


@pytest.fixture
def evening(make: Factory, receptionist: Browser) -> Evening:
    return Evening(make, receptionist, clock.now())


def closing_of(session: Session) -> DayClosing:
    return session.scalars(select(DayClosing)).one()


def states(session: Session) -> dict[str, object]:
    """What every ticket, visit and appointment has come to."""
    session.expire_all()
    found: dict[str, object] = {}
    for model in (QueueEntry, Visit, Appointment):
        for row in session.scalars(select(model)):
            skipped = ("version",)
            columns = {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in skipped}
            found[f"{model.__tablename__} {row.id}"] = columns
    return found


@pytest.mark.guards("closing the day while people are here or expected is asked about, and nothing happens before")
def test_before_closing_time_nothing_is_closed_without_a_word(
    receptionist: Browser, session: Session, evening: Evening
) -> None:
    day = clinic_day(clock.now(), ZONE)
    always = OpeningHours(weekday=day.weekday(), opens=dt.time(0), closes=dt.time(23, 59, 59))
    with transaction(session):
        session.add(always)
    before = states(session)
    assert 'name="confirm"' in receptionist.page("/queue/closing/all")
    answer = receptionist.post(CLOSE)
    assert answer.status_code == 422
    assert "tick this to close all the same" in answer.text
    assert states(session) == before
    # After closing time nobody is surprised.
    with transaction(session):
        session.delete(session.scalars(select(OpeningHours)).one())
        session.add(OpeningHours(weekday=day.weekday(), opens=dt.time(0), closes=dt.time(0, 0, 1)))
    assert 'name="confirm"' not in receptionist.page("/queue/closing/all")
    assert receptionist.post(CLOSE).status_code == 303
    evening.assert_closed()


@pytest.mark.guards("the end of the day counts people, not tickets and visits")
def test_a_person_with_two_tickets_and_a_missed_appointment_is_one(
    receptionist: Browser, make: Factory, session: Session
) -> None:
    now = clock.now()
    service = make.service(make.department())
    patient = make.patient()
    make.appointment(service, patient, now, practitioner=make.practitioner(), now=now)
    make.ticket(service, patient, now=now)
    make.ticket(service, patient, now=now, is_confirmed=True)
    assert "1 person is waiting" in receptionist.page(CLOSE)
    answer = receptionist.htmx("POST", CLOSE, CONFIRMED)
    assert "The day was closed for 1 person." in answer.text
    closing = closing_of(session)
    assert (len(closing.ends), closing.people) == (3, 1)


@pytest.mark.guards(TAKEN_BACK)
def test_a_closing_is_taken_back_from_its_toast_and_its_page(
    receptionist: Browser, session: Session, evening: Evening
) -> None:
    before = states(session)
    answer = receptionist.htmx("POST", CLOSE, CONFIRMED)
    evening.assert_closed()
    closing = closing_of(session)
    way_back = f"/queue/closing/{closing.id}/undo"
    assert "The day was closed for 5 people." in answer.text
    assert f'action="{way_back}"' in answer.text
    assert f'action="{way_back}"' in receptionist.page("/queue/closing")
    undone = receptionist.htmx("POST", way_back)
    assert "5 people are as before." in undone.text
    assert states(session) == before
    assert_one_story(session)
    assert f"closing-{closing.id}" not in receptionist.page("/queue/closing")
    assert receptionist.post(way_back).status_code == 409
    actions = set(session.scalars(select(AuditEntry.action)))
    assert {"visits.close_day", "visits.undo_close_day"} <= actions


@pytest.mark.guards(TAKEN_BACK)
def test_what_somebody_went_on_with_stays_and_is_listed(
    receptionist: Browser, make: Factory, session: Session, evening: Evening
) -> None:
    receptionist.post(CLOSE, CONFIRMED)
    # Amal came back, Ben's check-out was taken back, somebody else has Dora's time, the nameless ticket waits again.
    assert receptionist.post(f"/visits/{evening.waiting.visit_id}/bring-back").status_code == 303
    assert receptionist.post(f"/visits/{evening.in_service.visit_id}/undo-check-out").status_code == 303
    assert receptionist.post(f"/queue/{evening.anonymous.id}/restore").status_code == 303
    missed = evening.missed
    given = {"practitioner": missed.practitioner, "now": evening.now}
    make.appointment(evening.service, make.patient("Zoe"), missed.starts_at, **given)
    before = states(session)
    answer = receptionist.htmx("POST", f"/queue/closing/{closing_of(session).id}/undo")
    assert "1 person is as before." in answer.text
    assert "Somebody had gone on with 4" in answer.text
    after = states(session)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {f"visits {evening.served.visit_id}"}
    assert session.get_one(Visit, evening.served.visit_id).state is State.READY
    assert evening.missed.state is AppointmentState.NO_SHOW
    assert_one_story(session)
    page = receptionist.page("/queue/closing")
    assert "took it back" in page
    left = page.split("had gone on with them:")[1].split("</ul>")[0]
    assert all(name in left for name in ("Amal", "Ben", "Dora", evening.anonymous.ticket))
    assert "Cleo" not in left


@pytest.mark.guards(TAKEN_BACK)
def test_who_came_in_again_is_not_waiting_twice(receptionist: Browser, make: Factory, session: Session) -> None:
    service, patient = make.service(make.department()), make.patient()
    first = make.ticket(service, patient)
    receptionist.post(CLOSE, CONFIRMED)
    make.ticket(service, patient)
    receptionist.post(f"/queue/closing/{closing_of(session).id}/undo")
    session.refresh(first)
    assert first.state is EntryState.NO_SHOW


@pytest.mark.guards("what the night closed can be taken back as well")
def test_a_night_is_one_closing_and_is_taken_back(receptionist: Browser, make: Factory, session: Session) -> None:
    evening = Evening(make, receptionist, clock.now() - dt.timedelta(days=1))
    before = states(session)
    close_past_days()
    evening.assert_closed()
    assert "end of day closed" in receptionist.page("/queue/closing")
    assert receptionist.post(f"/queue/closing/{closing_of(session).id}/undo").status_code == 303
    assert states(session) == before


@pytest.mark.guards("only who may close the day may take a closing back")
def test_a_practitioner_does_not_take_a_closing_back(
    receptionist: Browser, make: Factory, session: Session, evening: Evening
) -> None:
    receptionist.post(CLOSE, CONFIRMED)
    doctor = receptionist.sign_in(make.user(Role.PRACTITIONER))
    assert doctor.post(f"/queue/closing/{closing_of(session).id}/undo").status_code == 403
    evening.assert_closed()


@pytest.mark.guards(TAKEN_BACK)
@pytest.mark.parametrize("seed", range(6))
def test_after_any_course_a_closing_leaves_no_trace(session: Session, make: Factory, seed: int) -> None:
    clinic, dice = Clinic(session, make), random.Random(seed)
    for _ in range(40):
        (name,) = dice.choices(ACTIONS[:-1], WEIGHTS[:-1])
        clinic.act(name, dice.randrange(120), dice.randrange(120))
    before = states(session)
    with transaction(session):
        closing = close_day(session, day=clinic.today, actor=TESTER, now=clinic.now)
        closing_id = closing.id if closing else None
    assert_one_story(session)
    if closing_id is None:
        assert states(session) == before
        return
    with transaction(session):
        given = {"actor": TESTER, "now": clinic.now, "zone": ZONE}
        undo_closing(session, closing_id=closing_id, **given)  # type: ignore[arg-type]
    assert not session.get_one(DayClosing, closing_id).left
    assert states(session) == before
    assert_one_story(session)


def test_the_page_is_read_in_a_fixed_number_of_queries_however_much_was_closed(
    receptionist: Browser, make: Factory, session: Session, evening: Evening
) -> None:
    receptionist.post(CLOSE, CONFIRMED)
    with count_queries(session) as few:
        receptionist.page("/queue/closing")
    for number in range(6):
        make.ticket(evening.service, make.patient(f"Later{number}"))
    receptionist.post(CLOSE, CONFIRMED)
    with count_queries(session) as many:
        page = receptionist.page("/queue/closing")
    assert len(re.findall(r'id="closing-\d+"', page)) == 2
    assert len(many) <= len(few)
