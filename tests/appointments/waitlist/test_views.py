"""The waitlist on the screen."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.booking.page import slot_value
from clinic.appointments.models import Appointment
from clinic.appointments.slots import Slot
from clinic.appointments.waitlist.models import WaitlistEntry, WaitState
from tests.appointments.soon import monday, soon
from tests.appointments.waitlist.conftest import Waiting
from tests.browser_client import Browser
from tests.query_count import count_queries

LIST = "/appointments/waitlist"


def join_form(waiting: Waiting, **values: Any) -> dict[str, Any]:
    return {
        "patient_id": waiting.clinic.patient.id,
        "service_id": waiting.clinic.service.id,
        "practitioner_id": 0,
        "from_day": monday().strftime("%d/%m/%Y"),
        "until_day": monday().strftime("%d/%m/%Y"),
        "part": "morning",
        "idempotency_key": "k" * 24,
        **values,
    }


def nine(waiting: Waiting) -> str:
    """The free time at nine as the form sends it."""
    clinic = waiting.clinic
    return slot_value(
        Slot(
            starts_at=soon(9),
            ends_at=soon(9, 15),
            practitioner_id=clinic.practitioner.id,
            practitioner_name=None,
            room_id=clinic.room.id,
            room_name=None,
        )
    )


def count(session: Session) -> int:
    return session.scalar(select(func.count(WaitlistEntry.id))) or 0


def test_a_patient_is_put_on_the_waitlist_once(receptionist: Browser, session: Session, waiting: Waiting) -> None:
    assert "Put on the waitlist" in receptionist.page(f"{LIST}/new/{waiting.clinic.patient.id}")
    for _ in range(2):
        assert receptionist.post(LIST, join_form(waiting)).status_code == 303
    assert count(session) == 1
    page = receptionist.page(LIST)
    assert "Amina Benali" in page
    assert "Morning" in page
    assert "On the waitlist" in receptionist.page(f"/appointments/patients/{waiting.clinic.patient.id}")


def test_a_free_time_is_held_with_one_click_and_then_booked(
    receptionist: Browser, session: Session, waiting: Waiting
) -> None:
    entry = waiting.join()
    assert f"{LIST}/{entry.id}/hold" in receptionist.page(f"{LIST}/openings")
    answer = receptionist.htmx("POST", f"{LIST}/{entry.id}/hold", {"slot": nine(waiting)})
    assert "held for ten minutes" in answer.get_data(as_text=True)
    assert "Held until" in receptionist.page(f"{LIST}/openings")
    assert "Held until" in receptionist.get(f"/appointments/events?day={monday()}").get_data(as_text=True)
    assert "Book the held time" in receptionist.page(f"{LIST}/{entry.id}")
    assert receptionist.post(f"{LIST}/{entry.id}/book").status_code == 303
    appointment = session.scalars(select(Appointment)).one()
    assert (appointment.starts_at, entry.state) == (soon(9), WaitState.BOOKED)
    assert receptionist.post(f"{LIST}/{entry.id}/book").status_code == 409


def test_another_appointment_that_day_is_told_before_the_held_time_is_booked(
    receptionist: Browser, session: Session, waiting: Waiting
) -> None:
    waiting.clinic.book(soon(9, 45))
    entry = waiting.hold(waiting.join())
    answer = receptionist.post(f"{LIST}/{entry.id}/book")
    assert answer.status_code == 422
    assert "Already has an appointment that day" in answer.get_data(as_text=True)
    assert receptionist.post(f"{LIST}/{entry.id}/book", {"same_day_reason": "Sooner"}).status_code == 303


def test_a_hold_can_be_released(receptionist: Browser, waiting: Waiting) -> None:
    entry = waiting.hold(waiting.join())
    receptionist.post(f"{LIST}/{entry.id}/release")
    assert (entry.held_until, entry.state) == (None, WaitState.WAITING)


def test_who_was_slower_does_not_hold_the_time_too(receptionist: Browser, waiting: Waiting) -> None:
    waiting.hold(waiting.join())
    second = waiting.join(waiting.clinic.make.patient("Jean", "Dupont"))
    assert receptionist.post(f"{LIST}/{second.id}/hold", {"slot": nine(waiting)}).status_code == 409
    assert second.held_until is None


def test_who_is_taken_off_can_be_put_back(receptionist: Browser, waiting: Waiting) -> None:
    entry = waiting.join()
    answer = receptionist.htmx("POST", f"{LIST}/{entry.id}/withdraw")
    assert f"{LIST}/{entry.id}/restore" in answer.get_data(as_text=True)
    assert "Nobody is waiting" in receptionist.page(LIST)
    receptionist.post(f"{LIST}/{entry.id}/restore")
    assert entry.state is WaitState.WAITING
    assert receptionist.post(f"{LIST}/{entry.id}/restore").status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"service_id": ""},
        {"until_day": "01/01/2020"},
        {"from_day": "later"},
        {"practitioner_id": "999"},
        {"part": "night"},
    ],
)
def test_bad_input_is_refused(receptionist: Browser, session: Session, waiting: Waiting, wrong: dict[str, str]) -> None:
    assert receptionist.post(LIST, join_form(waiting, **wrong)).status_code == 422
    assert count(session) == 0


def test_a_made_up_time_is_not_held(receptionist: Browser, waiting: Waiting) -> None:
    entry = waiting.join()
    for slot in ("", "tomorrow"):
        assert receptionist.post(f"{LIST}/{entry.id}/hold", {"slot": slot}).status_code == 422
    assert receptionist.get(f"{LIST}/999").status_code == 404


def test_cancelling_says_how_many_wait(receptionist: Browser, waiting: Waiting) -> None:
    waiting.join(waiting.clinic.make.patient("Jean", "Dupont"))
    appointment = waiting.clinic.book(soon(9))
    sent = {"version": 1, "cancelled_by": "patient", "reason": ""}
    answer = receptionist.htmx("POST", f"/appointments/{appointment.id}/cancel", sent)
    assert "1 waits for such a time" in answer.get_data(as_text=True)


def test_cashiers_look_and_hold_nothing(cashier: Browser, waiting: Waiting) -> None:
    entry = waiting.join()
    cashier.page(LIST)
    assert "Hold" not in cashier.page(f"{LIST}/openings")
    assert cashier.post(f"{LIST}/{entry.id}/hold", {"slot": nine(waiting)}).status_code == 403
    assert cashier.post(f"{LIST}/{entry.id}/withdraw").status_code == 403
    assert cashier.post(LIST, join_form(waiting)).status_code == 403


def test_a_long_waitlist_has_pages_and_costs_the_same(
    receptionist: Browser, waiting: Waiting, session: Session
) -> None:
    def cost() -> int:
        with count_queries(session) as queries:
            assert receptionist.get("/appointments/waitlist").status_code == 200
        return len(queries)

    make, begin = waiting.clinic.make, clock.now() - dt.timedelta(hours=3)
    waiting.join(make.patient("P000"), now=begin)
    before = cost()
    for number in range(1, 110):
        waiting.join(make.patient(f"P{number:03d}"), now=begin + dt.timedelta(minutes=number // 2))
    assert cost() == before
    pages = [receptionist.page("/appointments/waitlist")]
    for _ in range(2):
        link = re.search(r'href="([^"]+)"[^>]*id="pager-next"|id="pager-next"[^>]*href="([^"]+)"', pages[-1])
        assert link
        pages.append(receptionist.page((link[1] or link[2]).replace("&amp;", "&")))
    shown = [re.findall(r">(P\d{3}) Benali<", page) for page in pages]
    assert [len(names) for names in shown] == [50, 50, 10]
    assert [name for names in shown for name in names] == [f"P{number:03d}" for number in range(110)]
    assert "pager-next" not in pages[2]
    assert receptionist.get("/appointments/waitlist?after=nonsense").status_code == 200


def test_a_held_time_is_shown_however_many_wait_longer(receptionist: Browser, waiting: Waiting) -> None:
    make, long_ago = waiting.clinic.make, clock.now() - dt.timedelta(days=1)
    for number in range(105):
        waiting.join(make.patient(f"P{number:03d}"), now=long_ago)
    waiting.hold(waiting.join(make.patient("Held")))
    assert "Held Benali" in receptionist.page("/appointments/waitlist/openings")
