"""Who may take back a step of a ticket."""

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.queue.checkin.service import check_out, identify_walk_in
from clinic.queue.models import QueueEntry, State, Step
from clinic.queue.queries import find_last_event
from clinic.queue.service import move_entry
from clinic.visits.models import Settlement, Visit
from clinic.visits.service import Closing
from tests.browser_client import Browser
from tests.factories import TESTER, ZONE, Factory

RULE = "a step is undone only by whoever may take it"


@pytest.fixture
def service(make: Factory) -> Service:
    return make.service(make.department())


@pytest.fixture
def doctor(browser: Browser, make: Factory) -> Browser:
    return browser.sign_in(make.user(Role.PRACTITIONER))


def way_back(session: Session, entry: QueueEntry) -> str:
    event = find_last_event(session, entry.id)
    assert event is not None
    return f"/queue/events/{event.id}/undo"


@pytest.mark.guards(RULE)
def test_who_may_not_say_whose_a_ticket_is_cannot_take_it_back(
    doctor: Browser, make: Factory, session: Session, service: Service
) -> None:
    entry, patient = make.ticket(service), make.patient()
    given = {"actor": TESTER, "now": clock.now(), "zone": ZONE}
    with transaction(session):
        identify_walk_in(session, entry_id=entry.id, patient_id=patient.id, **given)  # type: ignore[arg-type]
    address = way_back(session, entry)
    assert address not in doctor.page(f"/queue/{entry.id}")
    assert doctor.post(address).status_code == 403
    session.refresh(entry)
    assert entry.patient_id == patient.id
    assert doctor.sign_in(make.user(Role.RECEPTIONIST)).post(address).status_code == 303
    session.refresh(entry)
    assert entry.patient_id is None


@pytest.mark.guards(RULE)
def test_who_may_not_check_out_cannot_take_a_check_out_back_by_its_ticket(
    doctor: Browser, make: Factory, session: Session, service: Service
) -> None:
    entry = make.ticket(service, make.patient())
    with transaction(session):
        for step in (Step.CALL, Step.FINISH):
            move_entry(session, entry_id=entry.id, step=step, actor=TESTER, now=clock.now())
        paid = Closing(settlement=Settlement.PAID)
        check_out(session, visit_id=entry.visit_id or 0, closing=paid, actor=TESTER, now=clock.now())
    address = way_back(session, entry)
    assert doctor.post(address).status_code == 403
    assert session.get_one(Visit, entry.visit_id).settlement is Settlement.PAID
    receptionist = doctor.sign_in(make.user(Role.RECEPTIONIST))
    page = receptionist.page(f"/queue/{entry.id}")
    assert address not in page
    assert f'href="/visits/{entry.visit_id}"' in page
    assert receptionist.post(address).status_code == 409
    assert receptionist.post(f"/visits/{entry.visit_id}/undo-check-out").status_code == 303
    assert receptionist.post(address).status_code == 303


@pytest.mark.guards("a check-in is taken back only by whoever may check in")
def test_a_practitioner_does_not_take_a_check_in_back_at_the_board(
    doctor: Browser, make: Factory, session: Session, service: Service
) -> None:
    entry = make.ticket(service, make.patient())
    assert "/withdraw" not in doctor.page(f"/queue/{entry.id}")
    assert doctor.post(f"/queue/{entry.id}/withdraw").status_code == 403
    session.refresh(entry)
    assert entry.state is State.WAITING
