"""The Today screen: who stands where, what may be done, and what it asks of the database."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clinic import clock, live
from clinic.appointments.models import Appointment, CancelledBy
from clinic.appointments.service import cancel_appointment, mark_no_show
from clinic.audit.service import SystemActor
from clinic.audit.trusted_clock import confirm_clock
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.queue.models import Step
from clinic.queue.service import move_entry
from tests.browser_client import Browser
from tests.desk.today.crowd import fill_day
from tests.factories import TESTER, ZONE, Factory
from tests.query_count import count_queries

ON_A_LINE = re.compile(r'<article class="ticket" id="([a-z]+-\d+)"')


def columns(html: str) -> dict[str, str]:
    """The part of the page that belongs to each group."""
    parts = re.split(r'id="column-(expected|waiting|seeing|done|missed)"', html)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def noon() -> dt.datetime:
    """A time of today that is today all over the test."""
    now = clock.now().astimezone(ZONE)
    return now.replace(hour=12, minute=0, second=0, microsecond=0).astimezone(dt.UTC)


@pytest.fixture
def service(make: Factory) -> Service:
    return make.service(make.department())


def booked(make: Factory, service: Service, name: str, minutes: int = 0) -> Appointment:
    patient = make.patient(name, "Martin")
    practitioner = make.practitioner(f"Dr {name}")
    at = noon() + dt.timedelta(minutes=minutes)
    return make.appointment(service, patient, at, practitioner=practitioner, now=at - dt.timedelta(days=1))


def move(session: Session, entry_id: int, *steps: Step) -> None:
    for step in steps:
        with transaction(session) as write:
            move_entry(write, entry_id=entry_id, step=step, actor=TESTER, now=clock.now())


def test_everyone_stands_where_they_are(receptionist: Browser, make: Factory, service: Service) -> None:
    session = receptionist.session
    booked(make, service, "Expected")
    make.ticket(service, make.patient("Waiting"))
    make.ticket(service)
    move(session, make.ticket(service, make.patient("Seen")).id, Step.CALL, Step.START)
    move(session, make.ticket(service, make.patient("Ready")).id, Step.CALL, Step.START, Step.FINISH)
    move(session, make.ticket(service, make.patient("Left")).id, Step.CALL, Step.NO_SHOW)
    missed, cancelled = booked(make, service, "Missed"), booked(make, service, "Cancelled")
    given: dict[str, Any] = {"expected_version": 1, "actor": TESTER, "now": noon() + dt.timedelta(hours=1)}
    with transaction(session) as write:
        mark_no_show(write, appointment_id=missed.id, **given)
        cancel_appointment(write, appointment_id=cancelled.id, cancelled_by=CancelledBy.PATIENT, **given)
    shown = columns(receptionist.page("/today"))
    assert "Expected Martin" in shown["expected"]
    assert "Waiting Benali" in shown["waiting"]
    assert "Walk-in" in shown["waiting"]
    assert "Seen Benali" in shown["seeing"]
    assert "Ready Benali" in shown["done"]
    assert "To check out" in shown["done"]
    assert all(name in shown["missed"] for name in ("Left Benali", "Missed Martin", "Cancelled Martin"))
    assert ">2<" in shown["waiting"]


def test_a_checked_in_appointment_is_one_line(receptionist: Browser, make: Factory, service: Service) -> None:
    appointment = booked(make, service, "Amina")
    answer = receptionist.htmx("POST", f"/queue/appointments/{appointment.id}/check-in")
    assert answer.status_code == 200
    html = receptionist.page("/today")
    assert len(ON_A_LINE.findall(html)) == 1
    assert "Amina Martin" in columns(html)["waiting"]


def test_an_undone_check_in_is_expected_again(receptionist: Browser, make: Factory, service: Service) -> None:
    appointment = booked(make, service, "Amina")
    receptionist.htmx("POST", f"/queue/appointments/{appointment.id}/check-in")
    visit = re.search(r"/visits/(\d+)", receptionist.page("/today"))
    assert visit
    receptionist.htmx("POST", f"/visits/{visit[1]}/undo-check-in")
    assert "Amina Martin" in columns(receptionist.page("/today"))["expected"]


def test_the_filter_finds_parts_of_names_numbers_and_tickets_without_script(
    receptionist: Browser, make: Factory, service: Service
) -> None:
    amina, zoe = make.patient("Amina"), make.patient("Zoé", "Çelik")
    ticket = make.ticket(service, amina).ticket
    make.ticket(service, zoe)
    for typed, found, other in (("zoe cel", zoe, amina), (amina.mrn, amina, zoe), (ticket.lower(), amina, zoe)):
        html = receptionist.post("/today", {"q": typed}).get_data(as_text=True)
        assert found.display_name in html
        assert other.display_name not in html
        assert "<h1" in html


def test_what_was_typed_stands_in_no_address_and_what_was_chosen_is_remembered(
    receptionist: Browser, make: Factory, service: Service
) -> None:
    make.ticket(service, make.patient("Amina"))
    other = make.service(make.department("Lab"), "Blood test", "L")
    make.ticket(other, make.patient("Zoe"))
    answer = receptionist.htmx("POST", "/today", {"q": "", "department_id": str(other.department_id)})
    assert "Zoe" in answer.text
    assert "Amina" not in answer.text
    html = receptionist.page("/today")
    assert "Zoe" in html
    assert "Amina" not in html
    assert f'<option value="{other.department_id}" selected>' in html


def test_nobody_matching_leads_to_the_search_of_all_patients(
    receptionist: Browser, make: Factory, service: Service
) -> None:
    make.ticket(service, make.patient("Amina"))
    html = receptionist.htmx("POST", "/today", {"q": "somebody else"}).text
    assert "Nobody of this day matches" in html
    assert '<input type="hidden" name="q" value="somebody else">' in html


def test_an_empty_day_says_so(receptionist: Browser) -> None:
    assert "Nobody is booked and nobody is here" in receptionist.page("/today")


def test_a_name_is_text_and_nothing_else(receptionist: Browser, make: Factory, service: Service) -> None:
    make.ticket(service, make.patient("<b>Bold</b>", '"><script>'))
    html = receptionist.page("/today")
    assert "<b>Bold" not in html
    assert "&lt;b&gt;Bold" in html


def test_each_role_gets_the_actions_it_may_take(browser: Browser, make: Factory, service: Service) -> None:
    booked(make, service, "Amina")
    move(browser.session, make.ticket(service, make.patient("Zoe")).id, Step.CALL, Step.START)
    reception = browser.sign_in(make.user(Role.RECEPTIONIST)).page("/today")
    assert 'data-key="c"' in reception
    assert 'data-key="o"' in reception
    assert 'data-key="l"' in reception
    cashier = browser.sign_in(make.user(Role.CASHIER)).page("/today")
    assert 'data-key="c"' not in cashier
    assert 'data-key="o"' in cashier
    assert 'data-key="l"' in cashier


def test_call_next_calls_the_first_one_to_the_chosen_room(
    receptionist: Browser, make: Factory, service: Service
) -> None:
    room = make.room(service.department)
    first, second = make.ticket(service, make.patient("Amina")), make.ticket(service, make.patient("Zoe"))
    form = {"place": f"{service.department_id}:{room.id}", "idempotency_key": "k" * 24}
    answer = receptionist.htmx("POST", "/today/call-next", form)
    assert f"{first.ticket} called" in answer.text
    assert answer.headers["HX-Trigger"] == "queue-changed"
    again = receptionist.htmx("POST", "/today/call-next", form)
    assert f"{first.ticket} called" in again.text
    assert second.ticket in columns(receptionist.page("/today"))["waiting"]


def test_call_next_without_a_room_says_so_and_remembers_the_one_chosen(
    receptionist: Browser, make: Factory, service: Service
) -> None:
    room = make.room(service.department)
    make.room(service.department, "Room 2")
    make.ticket(service, make.patient("Amina"))
    answer = receptionist.htmx("POST", "/today/call-next", {"place": "", "idempotency_key": "k" * 24})
    assert answer.status_code == 422
    assert "Choose your room first" in answer.text
    place = f"{service.department_id}:{room.id}"
    assert f'<option value="{place}" selected>' not in receptionist.page("/today")
    assert receptionist.post("/today/call-next", {"place": place, "idempotency_key": "k" * 24}).status_code == 303
    assert f'<option value="{place}" selected>' in receptionist.page("/today")


def test_call_next_when_nobody_waits(receptionist: Browser, make: Factory, service: Service) -> None:
    sent = {"place": f"{service.department_id}:0", "idempotency_key": "k" * 24}
    answer = receptionist.htmx("POST", "/today/call-next", sent)
    assert "Nobody is waiting" in answer.text


def test_a_group_too_long_for_the_screen_is_read_page_by_page(
    receptionist: Browser, make: Factory, session: Session
) -> None:
    fill_day(make, session, appointments=0, visits=400)
    html = receptionist.page("/today")
    assert "and 180 more" in html
    seen: list[str] = []
    address = "/today/done"
    while address:
        page = receptionist.page(address)
        seen += ON_A_LINE.findall(page)
        following = re.search(r'href="(/today/done\?after=[^"]+)"', page)
        address = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 200


def test_a_mangled_cursor_and_an_unknown_group_break_nothing(receptionist: Browser) -> None:
    assert receptionist.get("/today/done?after=xyz").status_code == 200
    assert receptionist.get("/today/nobody").status_code == 404


def test_a_full_day_costs_as_many_queries_as_an_empty_one(
    receptionist: Browser, make: Factory, session: Session, service: Service
) -> None:
    for name in ("Room 1", "Room 2"):
        make.room(service.department, name)

    def asked() -> int:
        with transaction(session) as write:
            make_outdated(write)
            confirm_clock(write, actor=SystemActor("test"), now=clock.now())
        with count_queries(session) as statements:
            assert receptionist.get("/today").status_code == 200
        return len(statements)

    empty = asked()
    fill_day(make, session, appointments=500, visits=300)
    assert asked() == empty
    with count_queries(session) as statements:
        assert receptionist.get("/today").status_code == 200
    assert len(statements) == empty - 3, "what nothing changed is not read again"


def make_outdated(session: Session) -> None:
    live.publish(session, "visits:" + clock.clinic_day(clock.now(), ZONE).isoformat())


def test_home_is_today(receptionist: Browser) -> None:
    assert receptionist.get("/").location == "/today"


@pytest.mark.guards("an empty list says why it is empty: nothing there, or nothing that the search or the filter shows")
def test_nobody_is_said_only_where_nobody_is(receptionist: Browser, make: Factory, service: Service) -> None:
    appointment = booked(make, service, "Expected")
    make.ticket(service, make.patient("Here"))
    other = make.practitioner("Nobody's")
    make.appointment(service, make.patient("Other"), noon() + dt.timedelta(hours=1), practitioner=other, now=noon())
    searched = columns(receptionist.post("/today", {"q": "Here"}).text)
    assert "Nobody is expected any more." not in searched["expected"]
    assert "None of the 2 people here matches the search." in searched["expected"]
    assert 'name="show_all"' in searched["expected"]
    assert "Nobody is being seen." in searched["seeing"]
    # By what was chosen, which is remembered.
    chosen = {"practitioner_id": str(appointment.practitioner_id)}
    narrowed = columns(receptionist.post("/today", chosen).text)
    assert "The one person here is not shown by the filter." in narrowed["waiting"]
    whole = receptionist.page("/today/waiting")
    assert "Nobody is waiting." not in whole
    assert "The one person here is not shown by the filter." in whole
    everyone = receptionist.post("/today", {**chosen, "q": "Here", "show_all": "1"}).text
    assert all(name in everyone for name in ("Expected Martin", "Here Benali", "Other Benali"))
    assert "Nobody of this day" not in everyone
    assert "Other Benali" in receptionist.page("/today")


@pytest.mark.guards("two patients of one name are told apart on every list of the day")
def test_namesakes_carry_a_mark_and_everyone_a_number(
    receptionist: Browser, make: Factory, service: Service, session: Session
) -> None:
    twins = [make.patient("Kenji", "Yamamoto"), make.patient("KENJI", "Yamamoto")]
    other = make.patient("Aiko", "Tanaka")
    for patient in (*twins, other):
        make.ticket(service, patient)
    board = f"/queue/boards/{service.department_id}"
    for page, mark in ((receptionist.page("/today"), "Namesake today"), (receptionist.page(board), "Namesake")):
        cards = re.split(r'<article class="ticket"', page)[1:]
        assert len(cards) == 3
        by_number = {number: card for card in cards for number in (p.mrn for p in (*twins, other)) if number in card}
        assert len(by_number) == 3
        assert [mark in by_number[p.mrn] for p in (*twins, other)] == [True, True, False]
    assert "Namesake today" in receptionist.page("/today/waiting")
    # Alone of that name in the list shown, but not of that day.
    narrowed = receptionist.post("/today", {"q": twins[0].mrn}).text
    assert "Namesake today" in narrowed
    visits = receptionist.page("/visits")
    assert all(patient.mrn in visits for patient in (*twins, other))
