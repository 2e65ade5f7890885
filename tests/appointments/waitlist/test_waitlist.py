"""Who is named when a time becomes free, and what a hold keeps from others."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.conflicts import ClashKind, SlotTaken
from clinic.appointments.models import Appointment, CancelledBy, PartOfDay
from clinic.appointments.placement import NO_REASONS
from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.service import cancel_appointment
from clinic.appointments.slots import Wish, find_free_slots
from clinic.appointments.waitlist import service
from clinic.appointments.waitlist.models import WaitState
from clinic.appointments.waitlist.openings import list_openings
from clinic.db import transaction
from clinic.errors import Conflict, Invalid
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.appointments.waitlist.conftest import Waiting
from tests.factories import TESTER, ZONE
from tests.query_count import count_queries


def named(session: Session) -> list[tuple[str, list[str]]]:
    """When a time is free and who is named for it."""
    found = list_openings(session, now=clock.now(), zone=ZONE)
    return [
        (f"{o.slot.starts_at.astimezone(ZONE):%H:%M}", [e.patient.given_name or "" for e in o.entries]) for o in found
    ]


def fill(clinic: Clinic) -> list[Appointment]:
    """Book the whole morning."""
    return [clinic.book(soon(9, 15 * n), patient=clinic.make.patient(f"P{n}")) for n in range(4)]


def free_times(session: Session, clinic: Clinic, patient_id: int | None = None) -> list[str]:
    wish = Wish(service_id=clinic.service.id, from_day=monday(), until_day=monday(), patient_id=patient_id)
    slots = find_free_slots(session, wish, now=clock.now(), zone=ZONE)
    return [f"{slot.starts_at.astimezone(ZONE):%H:%M}" for slot in slots]


def test_the_moment_a_slot_frees_those_who_wait_are_named_in_order(session: Session, waiting: Waiting) -> None:
    clinic = waiting.clinic
    booked = fill(clinic)
    hour = dt.timedelta(hours=1)
    waiting.join(clinic.make.patient("Second"), now=clock.now() - hour)
    waiting.join(clinic.make.patient("First"), now=clock.now() - 2 * hour)
    assert named(session) == []
    with transaction(session) as write:
        cancel_appointment(
            write,
            appointment_id=booked[1].id,
            expected_version=1,
            cancelled_by=CancelledBy.PATIENT,
            actor=TESTER,
            now=clock.now(),
        )
    assert named(session) == [("09:15", ["First", "Second"])]


def test_only_whom_the_time_suits_is_named(session: Session, waiting: Waiting) -> None:
    make, other = waiting.clinic.make, waiting.clinic.make.practitioner("Okafor")
    day = dt.timedelta(days=1)
    waiting.join(make.patient("Afternoon"), part_of_day=PartOfDay.AFTERNOON)
    waiting.join(make.patient("Colleague"), practitioner_id=other.id)
    waiting.join(make.patient("Tuesday"), from_day=monday() + day, until_day=monday() + 2 * day)
    longer = make.service(waiting.clinic.department, "Check-up", "C", duration_minutes=90)
    waiting.join(make.patient("Long"), service_id=longer.id)
    assert named(session) == []
    waiting.join(make.patient("Morning"), part_of_day=PartOfDay.MORNING, practitioner_id=waiting.clinic.practitioner.id)
    assert {name for _time, names in named(session) for name in names} == {"Morning"}


def test_ended_leave_frees_times_too(session: Session, waiting: Waiting) -> None:
    leave = waiting.clinic.make.time_off(TimeOffKind.LEAVE, monday(), practitioner_id=waiting.clinic.practitioner.id)
    waiting.join()
    assert named(session) == []
    with transaction(session) as write:
        write.delete(leave)
    assert named(session)[0] == ("09:00", ["Amina"])


def test_a_held_time_is_taken_for_everyone_else(session: Session, waiting: Waiting) -> None:
    clinic = waiting.clinic
    waiting.hold(waiting.join())
    assert "09:00" not in free_times(session, clinic)
    assert "09:00" in free_times(session, clinic, clinic.patient.id)
    with pytest.raises(SlotTaken, match="held for another patient") as refused:
        clinic.book(soon(9), patient=clinic.make.patient("Jean"), now=clock.now())
    assert [clash.kind for clash in refused.value.clashes] == [ClashKind.HELD]
    clinic.book(soon(9, 15), patient=clinic.make.patient("Jean"), now=clock.now())
    clinic.book(soon(9), now=clock.now())


@pytest.mark.guards("a time held for somebody on the waitlist is free again after ten minutes")
def test_a_hold_runs_out_by_itself(session: Session, waiting: Waiting) -> None:
    entry = waiting.hold(waiting.join(), now=clock.now() - dt.timedelta(minutes=10))
    assert not entry.is_held(clock.now())
    assert "09:00" in free_times(session, waiting.clinic)
    waiting.clinic.book(soon(9), patient=waiting.clinic.make.patient("Jean"), now=clock.now())


def test_one_time_is_held_for_one_of_them(session: Session, waiting: Waiting) -> None:
    waiting.hold(waiting.join())
    second = waiting.join(waiting.clinic.make.patient("Jean"))
    with pytest.raises(SlotTaken):
        waiting.hold(second)
    assert second.held_until is None


def test_the_held_time_is_booked_once_and_ends_the_wait(session: Session, waiting: Waiting) -> None:
    entry = waiting.hold(waiting.join())
    given = {"entry_id": entry.id, "reasons": NO_REASONS, "actor": TESTER, "now": clock.now(), "zone": ZONE}
    with transaction(session) as write:
        appointment = service.book_held(write, **given)  # type: ignore[arg-type]
    assert (appointment.starts_at, entry.state, entry.appointment_id) == (soon(9), WaitState.BOOKED, appointment.id)
    with pytest.raises(Conflict), transaction(session) as write:
        service.book_held(write, **given)  # type: ignore[arg-type]


def test_without_a_hold_there_is_nothing_to_book(session: Session, waiting: Waiting) -> None:
    entry = waiting.join()
    with pytest.raises(Conflict), transaction(session) as write:
        service.book_held(write, entry_id=entry.id, reasons=NO_REASONS, actor=TESTER, now=clock.now(), zone=ZONE)


def test_days_that_are_past_or_the_wrong_way_round_are_refused(waiting: Waiting) -> None:
    long_ago = {"from_day": dt.date(2020, 1, 1), "until_day": dt.date(2020, 1, 2)}
    for values in ({"until_day": monday() - dt.timedelta(days=1)}, long_ago):
        with pytest.raises(Invalid):
            waiting.join(**values)


def test_who_is_named_costs_the_same_however_many_wait(session: Session, waiting: Waiting) -> None:
    def cost() -> int:
        with count_queries(session) as queries:
            named(session)
        return len(queries)

    waiting.join()
    before = cost()
    for number in range(5):
        waiting.join(waiting.clinic.make.patient(f"N{number}"))
    assert cost() == before


def test_nobody_is_hidden_behind_others_who_wait_longer_for_something_else(session: Session, waiting: Waiting) -> None:
    make, day = waiting.clinic.make, dt.timedelta(days=1)
    away = make.practitioner("Away")
    long_ago = clock.now() - dt.timedelta(days=3)
    for number in range(40):
        waiting.join(make.patient(f"Other{number}"), practitioner_id=away.id, now=long_ago)
    for number in range(10):
        tuesday = {"from_day": monday() + day, "until_day": monday() + day}
        waiting.join(make.patient(f"Late{number}"), now=long_ago, **tuesday)
    waiting.join(make.patient("Suited"))
    assert named(session) == [(time, ["Suited"]) for time in ("09:00", "09:15", "09:30")]


def test_the_first_three_are_named_and_that_there_are_others(session: Session, waiting: Waiting) -> None:
    clinic = waiting.clinic
    for minutes in range(5):
        at = clock.now() - dt.timedelta(minutes=minutes)
        mine = clinic.practitioner.id if minutes % 2 else None
        waiting.join(clinic.make.patient(f"P{minutes}"), practitioner_id=mine, now=at)
    first = list_openings(session, now=clock.now(), zone=ZONE)[0]
    assert [e.patient.given_name for e in first.entries] == ["P4", "P3", "P2"]
    assert first.has_more


def test_who_has_an_appointment_then_is_not_named_for_that_time(session: Session, waiting: Waiting) -> None:
    clinic = waiting.clinic
    waiting.join()
    elsewhere = clinic.make.room(clinic.department, "Room 9")
    clinic.book(soon(9), practitioner=clinic.make.practitioner("Okafor"), room=elsewhere, now=clock.now())
    assert [time for time, _names in named(session)] == ["09:15", "09:30"]
