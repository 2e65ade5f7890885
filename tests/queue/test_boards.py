"""Boards on the screen, and the steps taken on them."""

import datetime as dt
import re

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.db import db, transaction
from clinic.directory.models import Room, Service
from clinic.queue import queries
from clinic.queue import service as queue
from clinic.queue.models import QueueEntry, State, Step
from tests.browser_client import Browser
from tests.factories import TESTER, Factory

# The key that every board carries: pressed twice, one is called.
ONCE = {"idempotency_key": "k" * 24}


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


@pytest.fixture
def room(make: Factory, consultation: Service) -> Room:
    return make.room(consultation.department)


def board_url(offered: Service) -> str:
    return f"/queue/boards/{offered.department_id}"


def move(session: Session, entry: QueueEntry, step: Step, reason: str | None = None) -> None:
    with transaction(session):
        queue.move_entry(session, entry_id=entry.id, step=step, reason=reason, actor=TESTER, now=clock.now())


def test_the_chooser_shows_departments_and_who_waits(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    make.ticket(consultation)
    page = receptionist.page("/queue")
    assert "General practice" in page
    assert re.search(r"<strong>1</strong>\s+waiting", page)


def test_without_departments_the_chooser_says_what_to_do(manager: Browser) -> None:
    assert "No department yet" in manager.page("/queue")


def test_a_board_shows_each_ticket_in_its_column(
    receptionist: Browser, session: Session, make: Factory, consultation: Service, room: Room
) -> None:
    make.ticket(consultation, make.patient("Jean", "Dupont"))
    called = make.ticket(consultation)
    move(session, called, Step.CALL)
    page = receptionist.page(board_url(consultation))
    waiting, rest = page.split('id="column-called"')
    assert "A-001" in waiting
    assert "Jean Dupont" in waiting
    assert "A-002" in rest
    assert "Walk-in" in rest


def test_an_empty_board_and_an_unknown_one(receptionist: Browser, consultation: Service) -> None:
    assert "Nobody is waiting." in receptionist.page(board_url(consultation))
    assert receptionist.get("/queue/boards/999").status_code == 404


def test_yesterday_is_listed_as_left_open_and_can_be_closed(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    old = make.ticket(consultation, now=clock.now() - dt.timedelta(days=1))
    page = receptionist.page(board_url(consultation))
    assert "1 ticket of an earlier day was left open" in page
    assert f'id="entry-{old.id}"' not in page.split('id="column-waiting"')[1]
    receptionist.post(f"{board_url(consultation)}/close-left-open")
    assert old.state is State.NO_SHOW
    assert "left open" not in receptionist.page(board_url(consultation))


def test_call_next_answers_the_fresh_board_and_a_way_back(
    receptionist: Browser, make: Factory, consultation: Service, room: Room
) -> None:
    entry = make.ticket(consultation)
    url = f"{board_url(consultation)}/call-next"
    answer = receptionist.htmx("POST", url, {"board": consultation.department_id, "room_id": room.id, **ONCE})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert (entry.state, entry.room_id) == (State.CALLED, room.id)
    assert 'id="board"' in html
    assert "/undo" in html
    assert receptionist.htmx("POST", re.findall(r"/queue/events/\d+/undo", html)[0]).status_code == 200
    assert entry.state is State.WAITING


def test_call_next_without_script_goes_back_to_the_board(
    receptionist: Browser, make: Factory, consultation: Service, room: Room
) -> None:
    make.ticket(consultation)
    answer = receptionist.post(f"{board_url(consultation)}/call-next", {"room_id": room.id, **ONCE})
    assert (answer.status_code, answer.location) == (303, board_url(consultation))


def test_call_next_on_an_empty_board_says_so(receptionist: Browser, consultation: Service) -> None:
    url = f"{board_url(consultation)}/call-next"
    answer = receptionist.htmx("POST", url, {"board": consultation.department_id, **ONCE})
    assert answer.status_code == 200
    assert "Nobody is waiting" in answer.headers["HX-Trigger"]


def test_a_call_needs_a_room_where_there_are_several(
    receptionist: Browser, make: Factory, consultation: Service, room: Room
) -> None:
    make.room(consultation.department, "Room 2")
    entry = make.ticket(consultation)
    for url in (f"{board_url(consultation)}/call-next", f"/queue/{entry.id}/call"):
        answer = receptionist.htmx("POST", url, {"board": consultation.department_id, **ONCE})
        assert answer.status_code == 422
        assert "Choose your room first." in answer.get_data(as_text=True)
    assert entry.state is State.WAITING


def test_the_room_is_remembered(receptionist: Browser, make: Factory, consultation: Service, room: Room) -> None:
    second = make.room(consultation.department, "Room 2")
    entry = make.ticket(consultation)
    chosen = receptionist.post(f"{board_url(consultation)}/room", {"room_id": second.id})
    assert chosen.status_code == 303
    receptionist.post(f"{board_url(consultation)}/call-next", ONCE)
    assert entry.room_id == second.id
    foreign = make.room(make.department("Laboratory"))
    assert receptionist.post(f"{board_url(consultation)}/room", {"room_id": foreign.id}).status_code == 422


def test_a_room_board_leaves_out_other_rooms_but_not_who_waits(
    receptionist: Browser, session: Session, make: Factory, consultation: Service, room: Room
) -> None:
    second = make.room(consultation.department, "Room 2")
    here, there, waiting = (make.ticket(consultation) for _ in range(3))
    for entry, called_to in ((here, room), (there, second)):
        with transaction(session):
            queue.move_entry(
                session, entry_id=entry.id, step=Step.CALL, room_id=called_to.id, actor=TESTER, now=clock.now()
            )
    page = receptionist.page(f"{board_url(consultation)}?room={room.id}")
    shown = [f'id="entry-{e.id}"' in page for e in (here, there, waiting)]
    assert shown == [True, False, True]


def test_the_loser_of_two_calls_sees_the_fresh_board_and_why(
    receptionist: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    entry = make.ticket(consultation)
    move(session, entry, Step.CALL)
    answer = receptionist.htmx("POST", f"/queue/{entry.id}/call", {"board": consultation.department_id})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "A-001 was changed by somebody else meanwhile." in html
    assert f'id="entry-{entry.id}"' in html
    assert entry.call_count == 1


def test_a_conflict_away_from_the_board_is_an_alert(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    entry = make.ticket(consultation)
    answer = receptionist.htmx("POST", f"/queue/{entry.id}/finish")
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#alerts")


def test_a_step_in_the_dialog_closes_it_and_refreshes_the_board(
    receptionist: Browser, make: Factory, consultation: Service
) -> None:
    entry = make.ticket(consultation)
    assert "A-001" in receptionist.page(f"/queue/{entry.id}")
    answer = receptionist.htmx("POST", f"/queue/{entry.id}/call")
    assert answer.headers["HX-Trigger"] == "close-dialog, queue-changed"
    assert entry.state is State.CALLED


@pytest.mark.parametrize("step", ["dance", "join", "undo", "transfer-now"])
def test_what_is_no_step_is_not_found(receptionist: Browser, make: Factory, consultation: Service, step: str) -> None:
    assert receptionist.post(f"/queue/{make.ticket(consultation).id}/{step}").status_code == 404


def test_cancelling_asks_for_a_reason(receptionist: Browser, make: Factory, consultation: Service) -> None:
    entry = make.ticket(consultation)
    receptionist.page(f"/queue/{entry.id}/cancel")
    refused = receptionist.post(f"/queue/{entry.id}/cancel", {"reason": "  "})
    assert refused.status_code == 422
    assert "Say why" in refused.get_data(as_text=True)
    assert receptionist.post(f"/queue/{entry.id}/cancel", {"reason": "went home"}).status_code == 303
    assert (entry.state, entry.cancel_reason) == (State.CANCELLED, "went home")
    assert receptionist.post(f"/queue/{entry.id}/cancel", {"reason": "again"}).status_code == 409


def test_transferring_offers_every_other_service(receptionist: Browser, make: Factory, consultation: Service) -> None:
    entry, blood = make.ticket(consultation), make.service(make.department("Laboratory"), "Blood test", "B")
    page = receptionist.page(f"/queue/{entry.id}/transfer")
    assert "Blood test" in page
    assert f'value="{consultation.id}"' not in page
    assert receptionist.post(f"/queue/{entry.id}/transfer", {"service_id": 999}).status_code == 422
    assert receptionist.post(f"/queue/{entry.id}/transfer", {"service_id": blood.id}).status_code == 303
    assert entry.department_id == blood.department_id


def test_practitioners_call_but_give_no_tickets(browser: Browser, make: Factory, consultation: Service) -> None:
    browser.sign_in(make.user(Role.PRACTITIONER))
    make.ticket(consultation)
    assert browser.post(f"{board_url(consultation)}/call-next", ONCE).status_code == 303
    assert browser.get("/queue/tickets/new").status_code == 403


def test_a_board_costs_the_same_number_of_queries_for_one_or_many(
    receptionist: Browser, session: Session, make: Factory, consultation: Service, room: Room
) -> None:
    counts = []
    for number in (1, 30):
        for _ in range(number):
            move(session, make.ticket(consultation, make.patient()), Step.HOLD)
            make.ticket(consultation, make.patient())
        statements: list[str] = []
        engine = db.engine

        def count(_c: object, _cur: object, statement: str, *_rest: object, seen: list[str] = statements) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", count)
        receptionist.htmx("GET", board_url(consultation))
        event.remove(engine, "before_cursor_execute", count)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_more_waiting_than_fit_are_counted(receptionist: Browser, make: Factory, consultation: Service) -> None:
    for _ in range(queries.WAITING_SHOWN + 2):
        make.ticket(consultation)
    page = receptionist.page(board_url(consultation))
    assert "and 2 more" in page
    assert page.count('class="ticket"') == queries.WAITING_SHOWN


@pytest.mark.guards("an empty list says why it is empty: nothing there, or nothing that the search or the filter shows")
def test_a_board_of_one_room_speaks_of_that_room(receptionist: Browser, make: Factory) -> None:
    department = make.department()
    service, (here, there) = make.service(department), (make.room(department, name) for name in ("One", "Two"))
    entry = make.ticket(service)
    receptionist.post(f"/queue/{entry.id}/call", {"room_id": str(there.id)})
    page = receptionist.page(f"/queue/boards/{department.id}?room={here.id}")
    assert "Nobody is called to One." in page
    assert "Nobody is called." not in page


@pytest.mark.guards("a cashier calls and finishes the tickets of the cash desk")
def test_a_cashier_works_at_a_board(cashier: Browser, make: Factory, session: Session) -> None:
    entry = make.ticket(make.service(make.department("Cash desk")), make.patient())
    board = cashier.page(f"/queue/boards/{entry.department_id}")
    assert 'id="call-next"' in board
    assert f'formaction="/queue/{entry.id}/call"' in board
    for step in ("call", "start", "finish"):
        assert cashier.post(f"/queue/{entry.id}/{step}").status_code == 303
    # What is not a cashier's stays closed: checking in and taking it back.
    assert cashier.post("/queue/tickets", {"service_id": "1"}).status_code == 403
    assert cashier.post(f"/queue/{entry.id}/withdraw").status_code == 403


@pytest.mark.guards("a message after a step names the person, but never in a cookie")
def test_a_step_says_of_whom_it_was(receptionist: Browser, make: Factory, session: Session) -> None:
    entry = make.ticket(make.service(make.department()), make.patient("Amina", "Benali"))
    answer = receptionist.htmx("POST", f"/queue/{entry.id}/call")
    assert "<bdi>Amina Benali</bdi> · </span>A-001 called" in answer.text
    plain = receptionist.post(f"/queue/{entry.id}/hold")
    assert plain.status_code == 303
    with receptionist.client.session_transaction() as cookie:
        assert "Amina" not in str(cookie)
        assert "Benali" not in str(cookie)
    after = receptionist.page(f"/queue/boards/{entry.department_id}")
    assert "A-001 put on hold" in after
    assert "data-person" not in after
    left = receptionist.htmx("POST", f"/visits/{entry.visit_id}/leave")
    assert "<bdi>Amina Benali</bdi> · </span>Left without being seen" in left.text
