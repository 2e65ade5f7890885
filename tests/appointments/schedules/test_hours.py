"""From weekly hours, leave, extra hours and holidays to what can be booked, on ordinary days and when clocks change."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from clinic.appointments.conflicts import ClashKind, SlotTaken
from clinic.appointments.placement import Reasons
from clinic.appointments.schedules.hours import Obstacle
from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.schedules.queries import list_open_hours, list_stranded, load_schedule
from clinic.clock import wall_time
from tests.appointments.conftest import DAY, Clinic, at
from tests.factories import NOW, ZONE
from tests.query_count import count_queries

SPRING, AUTUMN = dt.date(2027, 3, 28), dt.date(2027, 10, 31)


def opened(session: Session, day: dt.date = DAY) -> list[tuple[str, str]]:
    """Open hours of a day, by the clinic's clock."""
    hours = list_open_hours(session, from_day=day, to_day=day, zone=ZONE)
    return [(f"{h.starts_at.astimezone(ZONE):%H:%M}", f"{h.ends_at.astimezone(ZONE):%H:%M}") for h in hours]


def test_weekly_hours_repeat_on_their_weekday_while_valid(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, 0, valid_until=DAY)
    assert opened(session) == [("09:00", "12:00")]
    assert opened(session, DAY + dt.timedelta(days=1)) == []
    assert opened(session, DAY + dt.timedelta(days=7)) == []


def test_leave_of_some_hours_cuts_the_day_in_two(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, ends="17:00")
    clinic.make.time_off(
        TimeOffKind.LEAVE, DAY, practitioner_id=clinic.practitioner.id, starts=dt.time(11), ends=dt.time(14)
    )
    assert opened(session) == [("09:00", "11:00"), ("14:00", "17:00")]


def test_leave_of_whole_days_leaves_nothing(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner)
    last = DAY + dt.timedelta(days=4)
    clinic.make.time_off(TimeOffKind.LEAVE, DAY, last, practitioner_id=clinic.practitioner.id)
    assert opened(session) == opened(session, last) == []
    assert opened(session, last + dt.timedelta(days=1)) == [("09:00", "12:00")]


def test_a_closed_room_takes_its_hours_and_nobody_elses(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, room=clinic.room)
    clinic.make.working_hours(clinic.make.practitioner("Petit"), starts="10:00")
    clinic.make.time_off(TimeOffKind.CLOSED, DAY, room_id=clinic.room.id)
    assert opened(session) == [("10:00", "12:00")]


def test_a_holiday_closes_everything_but_extra_hours(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner)
    clinic.make.holiday(DAY)
    assert opened(session) == []
    extra = {"practitioner_id": clinic.practitioner.id, "starts": dt.time(18), "ends": dt.time(20)}
    clinic.make.time_off(TimeOffKind.EXTRA, DAY, **extra)
    assert opened(session) == [("18:00", "20:00")]
    clinic.make.time_off(TimeOffKind.LEAVE, DAY, practitioner_id=clinic.practitioner.id)
    assert opened(session) == []


def test_a_week_of_open_hours_costs_three_queries(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner)
    clinic.make.working_hours(clinic.make.practitioner("Petit"))
    session.expire_all()
    with count_queries(session) as queries:
        assert len(list_open_hours(session, from_day=DAY, to_day=DAY + dt.timedelta(days=6), zone=ZONE)) == 14
    assert len(queries) == 3


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 3), (AUTUMN, 5), (AUTUMN - dt.timedelta(days=7), 4)])
def test_hours_over_the_change_of_clocks_are_real_hours(
    clinic: Clinic, session: Session, day: dt.date, hours: int
) -> None:
    clinic.make.working_hours(clinic.practitioner, starts="01:00", ends="05:00")
    (only,) = list_open_hours(session, from_day=day, to_day=day, zone=ZONE)
    assert only.ends_at - only.starts_at == dt.timedelta(hours=hours)
    assert opened(session, day) == [("01:00", "05:00")]


def test_a_time_that_the_clock_leaves_out_or_shows_twice_is_one_instant() -> None:
    assert wall_time(SPRING, dt.time(2, 30), ZONE).astimezone(ZONE).time() == dt.time(3, 30)
    assert wall_time(AUTUMN, dt.time(2, 30), ZONE) == dt.datetime(2027, 10, 31, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (ClashKind.HOURS, "This is outside the hours of Dr Lea Martin."),
        (ClashKind.HOLIDAY, "The clinic is closed: Founders' Day."),
        (ClashKind.LEAVE, "Dr Lea Martin is on leave then."),
        (ClashKind.CLOSED, "The room is closed then."),
    ],
)
def test_booking_against_the_schedule_is_refused_but_for_a_reason(
    clinic: Clinic, session: Session, kind: ClashKind, message: str
) -> None:
    clinic.make.working_hours(clinic.practitioner, ends="17:00" if kind is not ClashKind.HOURS else "11:00")
    if kind is ClashKind.HOLIDAY:
        clinic.make.holiday(DAY)
    if kind is ClashKind.LEAVE:
        clinic.make.time_off(TimeOffKind.LEAVE, DAY, practitioner_id=clinic.practitioner.id)
    if kind is ClashKind.CLOSED:
        clinic.make.time_off(TimeOffKind.CLOSED, DAY, room_id=clinic.room.id)
    with pytest.raises(SlotTaken) as refused:
        clinic.book(at(11))
    assert [(clash.kind, clash.text) for clash in refused.value.clashes] == [(kind, message)]
    assert clinic.book(at(11), reasons=Reasons(double_booking="Asked by phone")).double_booking_reason


def test_an_appointment_may_span_two_intervals_that_touch(clinic: Clinic) -> None:
    clinic.make.working_hours(clinic.practitioner, ends="10:00")
    clinic.make.working_hours(clinic.practitioner, starts="10:00", ends="12:00")
    clinic.book(at(9, 50))
    with pytest.raises(SlotTaken):
        clinic.book(at(11, 50), patient=clinic.make.patient("Luc"))


def test_whoever_has_no_hours_at_all_can_be_booked_any_time(clinic: Clinic) -> None:
    clinic.make.working_hours(clinic.make.practitioner("Petit"), room=clinic.room)
    clinic.book(at(22))


def test_the_hours_of_a_room_by_itself_count_without_a_practitioner(clinic: Clinic) -> None:
    clinic.make.working_hours(None, room=clinic.room, ends="10:00")
    clinic.book(at(9), practitioner=None)
    with pytest.raises(SlotTaken, match="outside the hours of Room 1"):
        clinic.book(at(10), practitioner=None, patient=clinic.make.patient("Luc"))


def test_a_change_names_only_what_it_strands_itself(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, ends="17:00")
    before, inside = clinic.book(at(9)), clinic.book(at(14), patient=clinic.make.patient("Luc"))
    clinic.book(at(20), patient=clinic.make.patient("Zoe"), reasons=Reasons(double_booking="Late shift"))
    stranded = clinic.book(at(10), patient=clinic.make.patient("Eva"))
    schedule = load_schedule(session, DAY)
    (monday, *_) = [h for h in schedule.weekly if h.weekday == DAY.weekday()]
    assert list_stranded(session, now=NOW, zone=ZONE) == []
    clinic.make.time_off(
        TimeOffKind.LEAVE, DAY, practitioner_id=clinic.practitioner.id, starts=dt.time(10), ends=dt.time(11)
    )
    assert [(s.appointment.id, s.obstacles) for s in list_stranded(session, now=NOW, zone=ZONE)] == [
        (stranded.id, [Obstacle.LEAVE])
    ]
    proposed = load_schedule(session, DAY)
    proposed = type(proposed)([h for h in proposed.weekly if h is not monday], proposed.time_off, proposed.holidays)
    named = list_stranded(session, proposed=proposed, now=NOW, zone=ZONE)
    assert [s.appointment.id for s in named] == [before.id, inside.id]
