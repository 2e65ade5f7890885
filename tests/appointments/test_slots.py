"""The search for free time."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from clinic.appointments.models import PartOfDay
from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.slots import Wish, find_free_slots
from clinic.errors import NotFound
from tests.appointments.conftest import DAY, Clinic, at
from tests.factories import NOW, ZONE
from tests.query_count import count_queries

SPRING, AUTUMN = dt.date(2027, 3, 28), dt.date(2027, 10, 31)


def free(session: Session, clinic: Clinic, limit: int = 3, now: dt.datetime = NOW, **wish: object) -> list[str]:
    given = {"service_id": clinic.service.id, "from_day": DAY, **wish}
    slots = find_free_slots(session, Wish(**given), limit=limit, now=now, zone=ZONE)  # type: ignore[arg-type]
    return [f"{slot.starts_at.astimezone(ZONE):%a %H:%M}" for slot in slots]


def test_the_first_free_times_come_in_order(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, 0, 1, room=clinic.room)
    clinic.book(at(9))
    clinic.book(at(9, 40), patient=clinic.make.patient("Luc"))
    assert free(session, clinic, limit=4) == ["Mon 09:15", "Mon 10:00", "Mon 10:15", "Mon 10:30"]
    assert len(free(session, clinic, limit=1000)) == 9 * (12 + 12) - 3  # nine weeks from a Monday, but for three slots


def test_a_slot_says_with_whom_and_where(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, room=clinic.room)
    wish = Wish(service_id=clinic.service.id, from_day=DAY)
    (slot,) = find_free_slots(session, wish, limit=1, now=NOW, zone=ZONE)
    assert (slot.practitioner_name, slot.room_name) == ("Dr Lea Martin", "Room 1")
    assert (slot.starts_at, slot.ends_at) == (at(9), at(9, 15))
    clinic.book(slot.starts_at)


def test_nothing_is_offered_that_has_begun_or_does_not_fit_before_closing(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, 0)
    assert free(session, clinic, now=at(11, 20), limit=2) == ["Mon 11:30", "Mon 11:45"]
    assert free(session, clinic, now=at(11, 20), limit=1, minutes=40) == ["Mon 09:00"]


def test_buffers_stand_between_appointments_and_set_the_pace(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, buffer_minutes=5)
    assert free(session, clinic) == ["Mon 09:00", "Mon 09:20", "Mon 09:40"]
    clinic.book(at(9, 20))
    assert free(session, clinic) == ["Mon 09:00", "Mon 09:40", "Mon 10:00"]
    clinic.book(at(9, 37), patient=clinic.make.patient("Luc"))
    assert free(session, clinic) == ["Mon 09:00", "Mon 10:00", "Mon 10:20"]


def test_mornings_and_afternoons_are_the_clinics(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, starts="11:45", ends="12:30")
    assert free(session, clinic, limit=2, part_of_day=PartOfDay.MORNING) == ["Mon 11:45", "Tue 11:45"]
    assert free(session, clinic, limit=2, part_of_day=PartOfDay.AFTERNOON) == ["Mon 12:00", "Mon 12:15"]


def test_any_means_those_of_the_services_department(clinic: Clinic, session: Session) -> None:
    laboratory = clinic.make.department("Laboratory")
    sampling = clinic.make.room(laboratory, "Sampling 1")
    blood = clinic.make.service(laboratory, "Blood test", "L", duration_minutes=10)
    clinic.make.working_hours(clinic.practitioner, starts="10:00", room=clinic.room)
    clinic.make.working_hours(None, starts="08:00", room=sampling)
    anywhere = clinic.make.practitioner("Roy")
    clinic.make.working_hours(anywhere, starts="11:00")
    assert free(session, clinic, limit=1) == ["Mon 10:00"]
    assert free(session, clinic, limit=1, service_id=blood.id) == ["Mon 08:00"]
    assert free(session, clinic, limit=1, service_id=blood.id, practitioner_id=clinic.practitioner.id) == ["Mon 10:00"]
    assert free(session, clinic, limit=1, practitioner_id=anywhere.id) == ["Mon 11:00"]
    assert free(session, clinic, limit=1, room_id=sampling.id) == ["Mon 08:00"]


def test_two_who_share_a_room_are_not_offered_at_once(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, room=clinic.room)
    petit = clinic.make.practitioner("Petit")
    clinic.make.working_hours(petit, room=clinic.room)
    clinic.book(at(9))
    assert free(session, clinic, limit=1, practitioner_id=petit.id) == ["Mon 09:15"]


def test_only_times_at_which_the_patient_is_free_are_offered(clinic: Clinic, session: Session) -> None:
    petit = clinic.make.practitioner("Petit")
    clinic.make.working_hours(petit)
    clinic.book(at(9))
    assert free(session, clinic, limit=1, practitioner_id=petit.id) == ["Mon 09:00"]
    assert free(session, clinic, limit=1, practitioner_id=petit.id, patient_id=clinic.patient.id) == ["Mon 09:15"]


def test_whoever_left_is_not_offered_and_leave_is_passed_over(clinic: Clinic, session: Session) -> None:
    gone = clinic.make.practitioner("Roy", is_active=False)
    clinic.make.working_hours(gone)
    clinic.make.working_hours(clinic.practitioner, starts="10:00")
    clinic.make.time_off(TimeOffKind.LEAVE, DAY, practitioner_id=clinic.practitioner.id)
    clinic.make.holiday(DAY + dt.timedelta(days=1))
    assert free(session, clinic, limit=1) == ["Wed 10:00"]
    with pytest.raises(NotFound):
        free(session, clinic, service_id=0)


@pytest.mark.parametrize(("day", "starts"), [(SPRING, 3), (AUTUMN, 5)])
def test_on_the_days_the_clocks_change_no_slot_is_lost_or_offered_twice(
    clinic: Clinic, session: Session, day: dt.date, starts: int
) -> None:
    clinic.make.working_hours(clinic.practitioner, 6, starts="01:00", ends="05:00", slot_minutes=60)
    wish = Wish(service_id=clinic.service.id, from_day=day, minutes=60)
    slots = find_free_slots(session, wish, limit=starts, now=NOW, zone=ZONE)
    assert {slot.starts_at.astimezone(ZONE).date() for slot in slots} == {day}
    assert len({slot.starts_at for slot in slots}) == starts
    for number, slot in enumerate(slots):
        clinic.book(slot.starts_at, minutes=60, patient=clinic.make.patient(f"P{number}"), now=NOW)
    assert free(session, clinic, limit=1, from_day=day, minutes=60) == ["Sun 01:00"]  # a week later


def test_a_search_costs_the_same_however_much_is_booked(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, room=clinic.room)

    def cost() -> int:
        session.expire_all()
        with count_queries(session) as queries:
            assert free(session, clinic)
        return len(queries)

    before = cost()
    for number in range(6):
        clinic.make.working_hours(clinic.make.practitioner(f"N{number}"))
        clinic.book(at(9 + number // 4, 15 * (number % 4)), patient=clinic.make.patient(f"P{number}"))
    assert cost() == before <= 9
