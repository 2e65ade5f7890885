"""Visits on the screen, and the ways in which they end."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.queue.models import QueueEntry, Step
from clinic.queue.service import move_entry
from clinic.visits.models import FollowUp, Settlement, State, Visit
from tests.browser_client import Browser
from tests.factories import TESTER, Factory

ANSWERS = {"settlement": "due", "follow_up": "later"}


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department(), price_minor=3000)


@pytest.fixture
def waiting(make: Factory, consultation: Service) -> Visit:
    """Jean Dupont has just been checked in."""
    return the_visit(make.session, make.ticket(consultation, make.patient("Jean", "Dupont")))


@pytest.fixture
def served(make: Factory, waiting: Visit) -> Visit:
    """Jean Dupont has been seen."""
    entry_id = make.session.scalars(select(QueueEntry.id)).one()
    for step in (Step.CALL, Step.START, Step.FINISH):
        with transaction(make.session) as session:
            move_entry(session, entry_id=entry_id, step=step, actor=TESTER, now=clock.now())
    return waiting


def the_visit(session: Session, entry: QueueEntry) -> Visit:
    assert entry.visit is not None
    return entry.visit


def test_check_out_shows_the_price_and_asks_for_what_is_missing(
    receptionist: Browser, session: Session, served: Visit
) -> None:
    page = receptionist.page(f"/visits/{served.id}/check-out")
    assert "€30.00" in page
    assert "a phone number, who pays" in page
    refused = receptionist.post(f"/visits/{served.id}/check-out", {"note": "Wants mornings"})
    assert refused.status_code == 422
    assert "Wants mornings" in refused.get_data(as_text=True)
    receptionist.post(f"/visits/{served.id}/check-out", {**ANSWERS, "note": "Wants mornings"})
    session.refresh(served)
    assert (served.state, served.settlement, served.follow_up) == (State.FINISHED, Settlement.DUE, FollowUp.LATER)
    assert (served.amount_minor, served.currency, served.note) == (3000, "EUR", "Wants mornings")


def test_what_is_free_is_not_asked_to_be_paid(receptionist: Browser, make: Factory, session: Session) -> None:
    entry = make.ticket(make.service(make.department()), make.patient())
    visit = the_visit(session, entry)
    for step in ("call", "start"):
        receptionist.post(f"/queue/{entry.id}/{step}")
    assert "Payment" not in receptionist.page(f"/visits/{visit.id}/check-out")
    assert receptionist.post(f"/visits/{visit.id}/check-out", {"follow_up": "none"}).status_code == 303
    session.refresh(visit)
    assert (visit.state, visit.settlement) == (State.FINISHED, Settlement.NONE)


def test_checked_out_twice_is_a_conflict_and_can_be_undone(
    receptionist: Browser, session: Session, served: Visit
) -> None:
    done = receptionist.htmx("POST", f"/visits/{served.id}/check-out", ANSWERS)
    assert f"/visits/{served.id}/undo-check-out" in done.get_data(as_text=True)
    assert receptionist.post(f"/visits/{served.id}/check-out", ANSWERS).status_code == 409
    assert receptionist.post(f"/visits/{served.id}/undo-check-out").status_code == 303
    assert receptionist.post(f"/visits/{served.id}/undo-check-out").status_code == 409
    session.refresh(served)
    assert (served.state, served.follow_up) == (State.READY, None)


@pytest.mark.parametrize(
    ("verb", "sent", "state"),
    [
        ("leave", {}, State.LEFT),
        ("cancel", {"reason": "Doctor ill"}, State.CANCELLED),
        ("undo-check-in", {}, State.UNDONE),
    ],
)
def test_a_visit_that_nobody_saw_ends_once_and_is_brought_back_once(
    receptionist: Browser, session: Session, waiting: Visit, verb: str, sent: dict[str, str], state: State
) -> None:
    assert receptionist.post(f"/visits/{waiting.id}/{verb}", sent).status_code == 303
    assert receptionist.post(f"/visits/{waiting.id}/{verb}", sent).status_code == 409
    session.refresh(waiting)
    assert waiting.state is state
    assert receptionist.post(f"/visits/{waiting.id}/bring-back").status_code == 303
    assert receptionist.post(f"/visits/{waiting.id}/bring-back").status_code == 409
    session.refresh(waiting)
    assert waiting.state is State.WAITING


def test_cancelling_needs_a_reason(receptionist: Browser, session: Session, waiting: Visit) -> None:
    assert "The clinic sends the patient away" in receptionist.page(f"/visits/{waiting.id}/cancel")
    assert receptionist.post(f"/visits/{waiting.id}/cancel").status_code == 422
    session.refresh(waiting)
    assert waiting.state is State.WAITING


def test_who_is_not_seen_yet_is_not_checked_out(receptionist: Browser, waiting: Visit) -> None:
    assert "This visit is not to be checked out: Waiting" in receptionist.page(f"/visits/{waiting.id}/check-out")
    assert receptionist.post(f"/visits/{waiting.id}/check-out", ANSWERS).status_code == 409


def test_the_chart_lists_the_visits_of_its_patient_with_their_tickets(
    receptionist: Browser, make: Factory, consultation: Service, waiting: Visit
) -> None:
    other = make.patient("Amina", "Benali")
    assert "No visit yet" in receptionist.page(f"/visits/patients/{other.id}")
    make.ticket(consultation, other)
    page = receptionist.page(f"/visits/patients/{waiting.patient_id}")
    assert "A-001" in page
    assert "A-002" not in page
    assert "Left without being seen" in page
    assert receptionist.get("/visits/patients/999").status_code == 404


def test_a_day_can_be_read_today_and_later(receptionist: Browser, waiting: Visit) -> None:
    assert "Jean Dupont" in receptionist.page("/visits")
    assert "Jean Dupont" in receptionist.page(f"/visits?day={waiting.day}&state=waiting")
    assert "No visit of this day is in this state" in receptionist.page(f"/visits?day={waiting.day}&state=left")
    assert "No visit on this day" in receptionist.page("/visits?day=2020-01-01")
    assert "Jean Dupont" in receptionist.page("/visits?after=nonsense")
    assert "A-001" in receptionist.page(f"/visits/{waiting.id}")
    assert receptionist.get("/visits/999").status_code == 404


def test_a_long_day_comes_in_pages_that_miss_nobody(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    for number in range(60):
        make.ticket(consultation, make.patient(f"Patient{number:02d}"))
    first = receptionist.page("/visits")
    following = first.split('id="pager-next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    both = first + receptionist.page(following)
    assert all(f"Patient{number:02d}" in both for number in range(60))
    assert "Patient00" not in receptionist.page(following)


def test_doctors_look_but_do_not_check_out(browser: Browser, make: Factory, served: Visit) -> None:
    doctor = browser.sign_in(make.user(Role.PRACTITIONER))
    assert doctor.get(f"/visits/{served.id}").status_code == 200
    for verb in ("check-out", "undo-check-out", "leave", "cancel", "undo-check-in", "bring-back"):
        assert doctor.post(f"/visits/{served.id}/{verb}", ANSWERS).status_code == 403


def test_cashiers_check_out_and_do_nothing_else(cashier: Browser, waiting: Visit, served: Visit) -> None:
    assert cashier.post(f"/visits/{served.id}/leave").status_code == 403
    assert cashier.post(f"/visits/{served.id}/check-out", ANSWERS).status_code == 303


def test_the_calendar_leads_to_check_in_and_then_to_the_visit(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    booked = make.appointment(
        consultation, make.patient(), clock.now(), room=make.room(consultation.department), now=clock.now()
    )
    address = f"/queue/appointments/{booked.id}/check-in"
    assert address in receptionist.page(f"/appointments/{booked.id}")
    assert receptionist.get(f"/visits/appointments/{booked.id}").status_code == 404
    receptionist.post(address)
    page = receptionist.page(f"/appointments/{booked.id}")
    assert address not in page
    assert f"/visits/appointments/{booked.id}" in page
    assert "A-001" in receptionist.page(f"/visits/appointments/{booked.id}")


@pytest.mark.guards("an empty list says why it is empty: nothing there, or nothing that the search or the filter shows")
def test_a_day_narrowed_to_a_state_is_not_called_empty(receptionist: Browser, make: Factory) -> None:
    make.ticket(make.service(make.department()), make.patient())
    narrowed = receptionist.page("/visits?state=finished")
    assert "No visit on this day" not in narrowed
    assert "No visit of this day is in this state" in narrowed
