"""Changing a schedule: what was valid stays valid for its days, and what would be stranded is named, not touched."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import State
from clinic.appointments.schedules import service
from clinic.appointments.schedules.labels import valid_on, week_lines
from clinic.appointments.schedules.models import Holiday, TimeOff, TimeOffKind, WorkingHours
from clinic.appointments.schedules.proposals import Interval, Owner, Week
from clinic.appointments.schedules.queries import list_stranded, list_weekly_hours
from clinic.audit.models import AuditEntry
from clinic.clock import clinic_day
from clinic.db import transaction
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import key_of
from tests.appointments.conftest import DAY, Clinic, at
from tests.factories import NOW, TESTER, ZONE

TODAY = clinic_day(NOW, ZONE)
COMMON: dict[str, Any] = {"actor": TESTER, "now": NOW, "zone": ZONE}


def week(*intervals: tuple[int, int, int], valid_from: dt.date = TODAY, **values: Any) -> Week:
    """A week of (weekday, from hour, until hour)."""
    made = [Interval(weekday=day, starts=dt.time(start), ends=dt.time(end)) for day, start, end in intervals]
    return Week(intervals=made, **{"slot_minutes": 15, "buffer_minutes": 0, "valid_from": valid_from, **values})


def save(session: Session, clinic: Clinic, wanted: Week, **values: Any) -> None:
    with transaction(session):
        owner = values.pop("owner", Owner(practitioner_id=clinic.practitioner.id))
        service.set_weekly_hours(session, owner=owner, week=wanted, **COMMON, **values)


def leave(clinic: Clinic, **values: Any) -> service.TimeOffDetails:
    given = {"practitioner_id": clinic.practitioner.id, "room_id": None, "starts_on": DAY, "ends_on": DAY}
    given |= {"kind": TimeOffKind.LEAVE, "starts": None, "ends": None, "reason": "Family"}
    return service.TimeOffDetails(**{**given, **values})  # type: ignore[arg-type]


def add(session: Session, details: service.TimeOffDetails, **values: Any) -> TimeOff:
    with transaction(session):
        return service.add_time_off(session, details=details, **COMMON, **values)


def stored(session: Session) -> list[tuple[int, dt.date, dt.date | None]]:
    rows = session.scalars(select(WorkingHours).order_by(WorkingHours.valid_from, WorkingHours.weekday))
    return [(row.weekday, row.valid_from, row.valid_until) for row in rows]


def test_a_new_week_ends_the_old_one_and_replaces_planned_ones(clinic: Clinic, session: Session) -> None:
    later, latest = TODAY + dt.timedelta(days=30), TODAY + dt.timedelta(days=60)
    save(session, clinic, week((0, 9, 12)))
    save(session, clinic, week((1, 9, 12), valid_from=latest))
    save(session, clinic, week((2, 9, 12), valid_from=later))
    assert stored(session) == [(0, TODAY, later - dt.timedelta(days=1)), (2, later, None)]
    hours = list_weekly_hours(session, practitioner_id=clinic.practitioner.id, from_day=TODAY)
    assert [row.weekday for row in valid_on(hours, TODAY)] == [0]
    assert [row.weekday for row in valid_on(hours, later)] == [2]
    save(session, clinic, week())
    assert stored(session) == []


def test_the_hours_of_a_room_and_of_others_are_left_alone(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, 0, room=clinic.room)
    save(session, clinic, week((3, 8, 10)), owner=Owner(room_id=clinic.room.id))
    assert [weekday for weekday, *_ in stored(session)] == [0, 3]
    save(session, clinic, week(), owner=Owner(room_id=clinic.room.id))
    assert [weekday for weekday, *_ in stored(session)] == [0]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (week((0, 9, 12), (0, 11, 14)), "overlap"),
        (week((0, 12, 9)), "end after"),
        (week((0, 9, 12), valid_from=TODAY - dt.timedelta(days=1)), "past days"),
        (week(), "in use"),
    ],
)
def test_an_impossible_week_is_refused(clinic: Clinic, session: Session, wanted: Week, message: str) -> None:
    if message == "in use":
        closed = clinic.make.room(clinic.department, "Room 9", is_active=False)
        interval = Interval(weekday=0, starts=dt.time(9), ends=dt.time(12), room_id=closed.id)
        wanted = dataclasses.replace(wanted, intervals=[interval])
    with pytest.raises(Invalid, match=message):
        save(session, clinic, wanted)
    assert stored(session) == []


def test_hours_that_somebody_changed_meanwhile_are_a_conflict(clinic: Clinic, session: Session) -> None:
    save(session, clinic, week((0, 9, 12)), seen="")
    with pytest.raises(Conflict, match="meanwhile"):
        save(session, clinic, week((1, 9, 12)), seen="")
    with pytest.raises(NotFound):
        save(session, clinic, week(), owner=Owner(practitioner_id=0))


def test_a_week_that_strands_somebody_is_asked_about_and_touches_nobody(clinic: Clinic, session: Session) -> None:
    save(session, clinic, week((0, 9, 12)))
    booked = clinic.book(at(10))
    cancelled = clinic.book(at(11), patient=clinic.make.patient("Luc"))
    with transaction(session):
        session.get_one(type(cancelled), cancelled.id).state = State.CANCELLED
    with pytest.raises(service.WouldStrand, match="1 booked appointment would") as asked:
        save(session, clinic, week((0, 14, 17)))
    assert [one.appointment.id for one in asked.value.stranded] == [booked.id]
    assert len(stored(session)) == 1
    save(session, clinic, week((0, 14, 17), valid_from=DAY + dt.timedelta(days=1)))  # only later weeks
    save(session, clinic, week((0, 14, 17)), is_confirmed=True)
    assert (booked.starts_at, booked.state, booked.version) == (at(10), State.BOOKED, 1)
    assert [one.appointment.id for one in list_stranded(session, now=NOW, zone=ZONE)] == [booked.id]


def test_leave_that_strands_somebody_is_asked_about(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    with pytest.raises(service.WouldStrand) as asked:
        add(session, leave(clinic))
    assert [one.appointment.id for one in asked.value.stranded] == [booked.id]
    add(session, leave(clinic, starts=dt.time(14), ends=dt.time(16)))
    first = add(session, leave(clinic), is_confirmed=True, key=key_of("one-form-sent-twice-"))
    assert add(session, leave(clinic), key=key_of("one-form-sent-twice-")).id == first.id
    assert booked.state is State.BOOKED


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"practitioner_id": None}, "practitioner_id"),
        ({"kind": TimeOffKind.CLOSED}, "room_id"),
        ({"kind": TimeOffKind.EXTRA}, "starts"),
        ({"ends_on": DAY - dt.timedelta(days=1)}, "ends_on"),
        ({"starts": dt.time(9)}, "ends"),
        ({"starts": dt.time(9), "ends": dt.time(8)}, "ends"),
    ],
)
def test_an_impossible_exception_is_refused(
    clinic: Clinic, session: Session, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, leave(clinic, **values))
    assert refused.value.field == field
    assert session.scalars(select(TimeOff)).all() == []


def test_taking_back_extra_hours_that_are_booked_is_asked_about(clinic: Clinic, session: Session) -> None:
    save(session, clinic, week((0, 9, 12)))
    evening = {"kind": TimeOffKind.EXTRA, "starts": dt.time(18), "ends": dt.time(20)}
    extra, away = add(session, leave(clinic, **evening)), add(session, leave(clinic, starts_on=TODAY, ends_on=TODAY))
    clinic.book(at(18))
    with pytest.raises(service.WouldStrand), transaction(session):
        service.remove_time_off(session, time_off_id=extra.id, **COMMON)
    with transaction(session):
        service.remove_time_off(session, time_off_id=away.id, **COMMON)
        service.remove_time_off(session, time_off_id=extra.id, is_confirmed=True, **COMMON)
    assert session.scalars(select(TimeOff)).all() == []
    with pytest.raises(NotFound), transaction(session):
        service.remove_time_off(session, time_off_id=1, **COMMON)


def test_a_holiday_closes_the_day_once_and_can_be_taken_back(clinic: Clinic, session: Session) -> None:
    clinic.book(at(10))

    def close(**values: Any) -> Holiday:
        with transaction(session):
            return service.add_holiday(session, day=DAY, name="Founders' Day", **COMMON, **values)

    with pytest.raises(service.WouldStrand):
        close()
    made = close(is_confirmed=True, key=key_of("the-very-same-form-key"))
    assert close(key=key_of("the-very-same-form-key")).id == made.id
    with pytest.raises(Invalid, match="already"):
        close(is_confirmed=True)
    with transaction(session):
        service.remove_holiday(session, holiday_id=made.id, actor=TESTER, now=NOW)
    assert session.scalars(select(Holiday)).all() == []


def test_every_change_is_in_the_log(clinic: Clinic, session: Session) -> None:
    save(session, clinic, week((0, 9, 12)))
    add(session, leave(clinic))
    written = select(AuditEntry).where(AuditEntry.action.startswith("schedules.")).order_by(AuditEntry.seq)
    hours, time_off = session.scalars(written).all()
    assert (hours.action, hours.entity, hours.entity_id) == ("schedules.hours", "practitioner", clinic.practitioner.id)
    assert (time_off.action, time_off.after["reason"]) == ("schedules.time_off", "Family")


def test_days_with_the_same_hours_are_written_in_one_line(clinic: Clinic, session: Session) -> None:
    save(session, clinic, week(*((day, 9, 12) for day in range(5)), *((day, 14, 17) for day in (0, 1, 2, 4))))
    hours = list_weekly_hours(session, practitioner_id=clinic.practitioner.id, from_day=TODAY)
    assert week_lines(hours) == [
        ("Mon–Wed", "09:00–12:00, 14:00–17:00"),
        ("Thu", "09:00–12:00"),
        ("Fri", "09:00–12:00, 14:00–17:00"),
    ]
