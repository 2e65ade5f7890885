"""The page of a ticket: right at every step, cheap to ask, and silent about whose ticket it is."""

import datetime as dt
import re
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.queue import service as queue
from clinic.queue.models import Lane, QueueEntry, Step
from clinic.queue.phone.jobs import clean_up
from clinic.queue.phone.models import TicketLink
from clinic.queue.phone.queries import find_token
from clinic.queue.phone.service import LIFETIME
from clinic.queue.tokens import digest_token
from tests.browser_client import Browser
from tests.factories import TESTER, Factory
from tests.query_count import count_queries

SMALL = 30_000
ROOT = Path(__file__).parents[3]


@pytest.fixture
def consultation(make: Factory) -> Service:
    department = make.department()
    make.room(department)
    return make.service(department)


def token_of(session: Session, entry: QueueEntry) -> str:
    token = find_token(session, entry.id, clock.now())
    assert token
    return token


def take(session: Session, entry: QueueEntry, *steps: Step, **values: object) -> None:
    for step in steps:
        with transaction(session):
            queue.move_entry(session, entry_id=entry.id, step=step, actor=TESTER, now=clock.now(), **values)  # type: ignore[arg-type]


def text(browser: Browser, token: str) -> str:
    html = browser.get(f"/t/{token}/place").get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_ticket_has_a_page_nobody_can_guess(session: Session, make: Factory, consultation: Service) -> None:
    first, second = (token_of(session, make.ticket(consultation)) for _ in range(2))
    assert first != second
    assert len(first) >= 32
    kept = session.scalars(select(TicketLink)).all()
    assert {link.token_digest for link in kept} == {digest_token(first), digest_token(second)}


def test_the_page_tells_the_place_in_the_queue(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    for lane in (Lane.NORMAL, Lane.NORMAL):
        make.ticket(consultation, lane=lane)
    mine = make.ticket(consultation)
    token = token_of(session, mine)
    page = browser.page(f"/t/{token}")
    assert mine.ticket in page
    assert "2 people are before you" in text(browser, token)
    make.ticket(consultation, lane=Lane.URGENT)
    browser.app.extensions.pop("clinic_outlooks")
    assert "3 people are before you" in text(browser, token)


def test_every_step_is_said(browser: Browser, session: Session, make: Factory, consultation: Service) -> None:
    mine = make.ticket(consultation)
    token = token_of(session, mine)
    assert "You are next" in text(browser, token)
    room_id = consultation.department.rooms[0].id
    for step, said in (
        (Step.CALL, "It is your turn Room 1"),
        (Step.NO_SHOW, "Please tell the reception that you are here."),
        (Step.RESTORE, "You are next"),
        (Step.HOLD, "Please stay near"),
        (Step.CALL, "It is your turn Room 1"),
        (Step.START, "You are being seen Room 1"),
        (Step.FINISH, "Thank you for your visit."),
    ):
        take(session, mine, step, room_id=room_id)
        assert said in text(browser, token)


def test_a_cancelled_ticket_says_so(browser: Browser, session: Session, make: Factory, consultation: Service) -> None:
    mine = make.ticket(consultation)
    take(session, mine, Step.CANCEL, reason="Came twice")
    said = text(browser, token_of(session, mine))
    assert "This ticket no longer counts" in said
    assert "Came twice" not in said


def test_the_wait_is_a_range_with_what_it_is_based_on(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    for _ in range(3):
        make.ticket(consultation)
    seen, mine = make.ticket(consultation, lane=Lane.URGENT), make.ticket(consultation)
    token = token_of(session, mine)
    assert "How long it takes cannot be said at the moment." in text(browser, token)
    take(session, seen, Step.CALL, Step.START, room_id=consultation.department.rooms[0].id)
    browser.app.extensions.pop("clinic_outlooks")
    said = text(browser, token)
    assert re.search(r"about \d+ to \d+ minutes Estimated from the usual length of a visit", said)


def test_the_page_names_nobody(browser: Browser, session: Session, make: Factory, consultation: Service) -> None:
    patient = make.patient("Zebulon", "Quartz")
    token = token_of(session, make.ticket(consultation, patient))
    page = browser.page(f"/t/{token}") + browser.get(f"/t/{token}/place").get_data(as_text=True)
    for secret in ("Zebulon", "Quartz", patient.mrn):
        assert secret not in page


def test_an_unchanged_place_costs_next_to_nothing(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    make.ticket(consultation)
    mine = make.ticket(consultation)
    token = token_of(session, mine)
    tag = browser.get(f"/t/{token}/place").headers["ETag"]
    with count_queries(session) as statements:
        again = browser.client.get(f"/t/{token}/place", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.get_data() == b""
    # The ticket itself; the rest was worked out for everybody a moment ago.
    assert len(statements) == 1
    take(session, mine, Step.CALL)
    assert browser.client.get(f"/t/{token}/place", headers={"If-None-Match": tag}).status_code == 200


def test_an_address_ends(browser: Browser, session: Session, make: Factory, consultation: Service) -> None:
    old = make.ticket(consultation, now=clock.now() - LIFETIME - dt.timedelta(minutes=1))
    fresh = make.ticket(consultation)
    link = session.get_one(TicketLink, old.id)
    for part in ("", "/place"):
        assert browser.get(f"/t/{link.token}{part}").status_code == 404
        assert browser.get("/t/" + "x" * 32 + part).status_code == 404
    assert find_token(session, old.id, clock.now()) is None
    clean_up()
    clean_up()
    assert session.scalars(select(TicketLink.entry_id)).all() == [fresh.id]


def test_it_is_small_and_works_without_script(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    page = browser.page(f"/t/{token_of(session, make.ticket(consultation))}")
    assert '<noscript><meta http-equiv="refresh"' in page
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 3
    assert len(page.encode()) + sum((ROOT / file[1:]).stat().st_size for file in files) < SMALL


def test_the_printed_ticket_carries_the_code(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    entry = make.ticket(consultation)
    page = receptionist.page(f"/queue/{entry.id}/ticket")
    assert 'src="data:image/svg+xml' in page
    with transaction(session):
        session.delete(session.get_one(TicketLink, entry.id))
    assert "data:image/svg+xml" not in receptionist.page(f"/queue/{entry.id}/ticket")
