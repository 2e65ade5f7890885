"""Series: made with every date looked at first, changed and cancelled together, true to the clinic's clock."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments import service as appointments
from clinic.appointments.models import Appointment, AppointmentSeries, CancelledBy, State
from clinic.appointments.placement import Placement, Reasons
from clinic.appointments.queries import find_last_event
from clinic.appointments.schedules.models import TimeOffKind
from clinic.appointments.series import service
from clinic.appointments.series.plans import SeriesBlocked
from clinic.appointments.series.queries import list_members
from clinic.appointments.series.rules import Rule, check_rule
from clinic.appointments.series.service import Scope, SeriesChange, SeriesDetails
from clinic.appointments.series.undo import undo_change
from clinic.clock import wall_time
from clinic.db import transaction
from clinic.errors import Conflict, Invalid, NotFound
from clinic.idempotency import key_of
from tests.appointments.conftest import DAY, Clinic, at
from tests.factories import NOW, TESTER, ZONE
from tests.query_count import count_queries

COMMON: dict[str, Any] = {"actor": TESTER, "now": NOW, "zone": ZONE}
WEEK = dt.timedelta(weeks=1)
EARLIER, LATER = NOW - dt.timedelta(minutes=1), NOW + dt.timedelta(minutes=1)


def details(clinic: Clinic, **values: Any) -> SeriesDetails:
    rule = {"starts_on": DAY, "local_time": dt.time(10), "minutes": 15, "count": 4, **values}
    return SeriesDetails(
        patient_id=clinic.patient.id,
        service_id=clinic.service.id,
        practitioner_id=clinic.practitioner.id,
        room_id=clinic.room.id,
        rule=Rule(**rule),
    )


def create(session: Session, clinic: Clinic, *, of: dict[str, Any] | None = None, **values: Any) -> list[Appointment]:
    """The appointments of a new series: four Mondays at ten unless `of` says otherwise."""
    with transaction(session):
        made = service.create_series(session, details=details(clinic, **(of or {})), **COMMON, **values)
        series_id = made.id
    return list_members(session, series_id)


def move(session: Session, clinic: Clinic, one: Appointment, scope: Scope, **values: Any) -> None:
    change = {"shift_days": 0, "local_time": dt.time(10), "minutes": 15, "room_id": clinic.room.id}
    change |= {"practitioner_id": clinic.practitioner.id}
    change |= {name: values.pop(name) for name in list(values) if name in change}
    with transaction(session):
        service.move_series(
            session,
            appointment_id=one.id,
            expected_version=values.pop("expected_version", one.version),
            scope=scope,
            change=SeriesChange(**change),  # type: ignore[arg-type]
            **{**COMMON, **values},
        )


def cancel(session: Session, one: Appointment, scope: Scope, **values: Any) -> None:
    given = {k: v for k, v in COMMON.items() if k != "zone"} | values
    with transaction(session):
        service.cancel_series(
            session,
            appointment_id=one.id,
            expected_version=one.version,
            scope=scope,
            cancelled_by=CancelledBy.PATIENT,
            reason="Moves away",
            **given,
        )


def local(members: list[Appointment]) -> list[str]:
    return [f"{one.starts_at.astimezone(ZONE):%d.%m. %H:%M}" for one in members]


def move_one(
    session: Session, clinic: Clinic, one: Appointment, starts_at: dt.datetime, now: dt.datetime = NOW
) -> None:
    """Move a single appointment away from its series."""
    placement = Placement(starts_at=starts_at, ends_at=starts_at + one.duration, practitioner_id=clinic.practitioner.id)
    with transaction(session):
        appointments.move_appointment(
            session, appointment_id=one.id, expected_version=one.version, placement=placement, **COMMON | {"now": now}
        )


def test_a_series_ends_after_so_many_or_on_a_day() -> None:
    rule = Rule(starts_on=DAY, local_time=dt.time(10), minutes=15, every_weeks=2, until=DAY + 4 * WEEK)
    assert rule.days() == [DAY, DAY + 2 * WEEK, DAY + 4 * WEEK]
    assert len(Rule(starts_on=DAY, local_time=dt.time(10), minutes=15, count=7).days()) == 7


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "count"),
        ({"count": 3, "until": DAY + WEEK}, "count"),
        ({"count": 1}, "count"),
        ({"count": 61}, "count"),
        ({"count": 3, "every_weeks": 0}, "every_weeks"),
        ({"until": DAY + dt.timedelta(days=6)}, "until"),
        ({"until": DAY + dt.timedelta(days=800)}, "until"),
        ({"until": DAY + 70 * WEEK}, "until"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_rule(Rule(starts_on=DAY, local_time=dt.time(10), minutes=15, **values))
    assert refused.value.field == field


def test_every_date_is_booked_and_belongs_to_the_series(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic, of={"every_weeks": 2})
    assert local(members) == ["23.11. 10:00", "07.12. 10:00", "21.12. 10:00", "04.01. 10:00"]
    assert {(one.state, one.duration) for one in members} == {(State.BOOKED, dt.timedelta(minutes=15))}


def test_the_same_form_sent_twice_makes_one_series(clinic: Clinic, session: Session) -> None:
    first = create(session, clinic, key=key_of("one-form-sent-twice-"))
    assert create(session, clinic, key=key_of("one-form-sent-twice-")) == first
    assert len(session.scalars(select(Appointment)).all()) == 4


@pytest.mark.parametrize("change", [dt.date(2027, 3, 28), dt.date(2027, 10, 31)])
@pytest.mark.parametrize("time", [dt.time(2, 30), dt.time(10)])
def test_a_change_of_clocks_neither_moves_nor_doubles_nor_drops_a_date(
    clinic: Clinic, session: Session, change: dt.date, time: dt.time
) -> None:
    of = {"starts_on": change - WEEK, "count": 3, "local_time": time}
    if change.month == 3 and time.hour == 2:
        # The clock never shows this time on that day: another one would be a surprise.
        with pytest.raises(Invalid, match="go forward on 28/03/2027"):
            create(session, clinic, of=of)
        return
    members = create(session, clinic, of=of)
    assert [one.day for one in members] == [change - WEEK, change, change + WEEK]
    assert [one.starts_at.astimezone(ZONE).time() for one in members] == [time] * 3
    assert members[0].starts_at.utcoffset() == dt.timedelta()
    assert len({one.starts_at for one in members}) == 3
    hours = [(b.starts_at - a.starts_at) / dt.timedelta(hours=1) for a, b in pairwise(members)]
    assert sum(hours) == 2 * 7 * 24 + (-1 if change.month == 3 else 1)
    assert not any(service.is_by_itself(one, Rule(**{"minutes": 15, **of}), ZONE) for one in members)  # type: ignore[arg-type]


def test_a_series_that_meets_a_holiday_or_another_appointment_says_so_per_date(
    clinic: Clinic, session: Session
) -> None:
    clinic.make.holiday(DAY + WEEK)
    clinic.make.time_off(TimeOffKind.LEAVE, DAY + 2 * WEEK, practitioner_id=clinic.practitioner.id)
    clinic.book(at(10, 5, day=DAY + 3 * WEEK), patient=clinic.make.patient("Luc"))
    with pytest.raises(SeriesBlocked, match="3 of 4 dates") as blocked:
        create(session, clinic)
    assert [" ".join(one.problems) for one in blocked.value.plan] == [
        "",
        "The clinic is closed: Founders' Day.",
        "Dr Lea Martin is on leave then.",
        "Dr Lea Martin has an appointment 10:05–10:20.",
    ]
    assert session.scalars(select(AppointmentSeries)).all() == []
    members = create(session, clinic, leave_out={DAY + WEEK, DAY + 2 * WEEK, DAY + 3 * WEEK})
    assert local(members) == ["23.11. 10:00"]


def test_a_date_with_another_appointment_of_the_patient_needs_a_reason(clinic: Clinic, session: Session) -> None:
    clinic.book(at(15, day=DAY + WEEK))
    with pytest.raises(SeriesBlocked) as blocked:
        create(session, clinic)
    assert "already has an appointment that day: Consultation 15:00–15:15" in blocked.value.plan[1].same_day[0]
    members = create(session, clinic, reasons=Reasons(same_day="Blood test too"))
    assert [one.same_day_reason for one in members] == [None, "Blood test too", None, None]


def test_with_a_reason_taken_dates_are_double_booked_and_only_those(clinic: Clinic, session: Session) -> None:
    clinic.book(at(10, day=DAY + WEEK), patient=clinic.make.patient("Luc"))
    members = create(session, clinic, reasons=Reasons(double_booking="Short ones"))
    assert [one.double_booking_reason for one in members] == [None, "Short ones", None, None]


def test_leaving_out_every_date_makes_no_series(clinic: Clinic, session: Session) -> None:
    with pytest.raises(SeriesBlocked):
        create(session, clinic, leave_out={DAY + number * WEEK for number in range(4)})


def test_looking_at_the_dates_costs_the_same_for_two_and_for_fifty(clinic: Clinic, session: Session) -> None:
    clinic.make.working_hours(clinic.practitioner, ends="17:00")

    def cost(count: int) -> int:
        session.expire_all()
        wanted = details(clinic, count=count)
        with count_queries(session) as queries:
            assert len(service.plan_series(session, details=wanted, now=NOW, zone=ZONE)) == count
        return len(queries)

    assert cost(2) == cost(50) <= 9


def test_this_and_following_become_a_series_of_their_own(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    move(session, clinic, members[2], Scope.FOLLOWING, local_time=dt.time(14), shift_days=1, minutes=30)
    assert local(members) == ["23.11. 10:00", "30.11. 10:00", "08.12. 14:00", "15.12. 14:00"]
    first, second = session.scalars(select(AppointmentSeries).order_by(AppointmentSeries.id)).all()
    assert [one.series_id for one in members] == [first.id, first.id, second.id, second.id]
    assert (first.starts_on, first.count, first.local_time) == (DAY, 4, dt.time(10))
    assert (second.starts_on, second.count, second.local_time) == (dt.date(2026, 12, 8), 2, dt.time(14))
    move(session, clinic, members[3], Scope.ALL, local_time=dt.time(15), minutes=30)
    assert local(members) == ["23.11. 10:00", "30.11. 10:00", "08.12. 15:00", "15.12. 15:00"]


def test_all_means_those_that_are_still_to_come(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    later = at(12, day=DAY)
    move(session, clinic, members[2], Scope.ALL, local_time=dt.time(11), now=later)
    assert local(members) == ["23.11. 10:00", "30.11. 11:00", "07.12. 11:00", "14.12. 11:00"]


def test_a_series_moves_a_week_onto_its_own_dates(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    move(session, clinic, members[0], Scope.ALL, shift_days=7)
    assert local(members) == ["30.11. 10:00", "07.12. 10:00", "14.12. 10:00", "21.12. 10:00"]
    move(session, clinic, members[0], Scope.ALL, shift_days=-7)
    assert local(members)[0] == "23.11. 10:00"
    assert len({one.series_id for one in members}) == 1


def test_an_appointment_that_was_moved_by_itself_stays(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    move_one(session, clinic, members[1], at(16, day=DAY + WEEK))
    move(session, clinic, members[0], Scope.ALL, local_time=dt.time(11))
    assert local(members) == ["23.11. 11:00", "30.11. 16:00", "07.12. 11:00", "14.12. 11:00"]
    assert len({one.series_id for one in members}) == 1


def test_a_change_that_meets_something_says_so_and_can_leave_it(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    clinic.book(at(14, day=DAY + WEEK), patient=clinic.make.patient("Luc"))
    with pytest.raises(SeriesBlocked, match="1 of 4") as blocked:
        move(session, clinic, members[0], Scope.ALL, local_time=dt.time(14))
    assert [bool(one.problems) for one in blocked.value.plan] == [False, True, False, False]
    move(session, clinic, members[0], Scope.ALL, local_time=dt.time(14), leave_out={DAY + WEEK})
    assert local(members) == ["23.11. 14:00", "30.11. 10:00", "07.12. 14:00", "14.12. 14:00"]


def test_cancelling_the_following_leaves_the_earlier_ones(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    cancel(session, members[2], Scope.FOLLOWING, now=at(9, day=DAY + 2 * WEEK))
    assert [one.state for one in members] == [State.BOOKED] * 2 + [State.CANCELLED] * 2
    assert [one.is_late_cancel for one in members] == [False, False, True, False]
    cancel(session, members[0], Scope.ALL)
    assert {one.state for one in members} == {State.CANCELLED}


def test_what_somebody_changed_meanwhile_or_is_no_series_is_refused(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    alone = clinic.book(at(9), patient=clinic.make.patient("Luc"))
    with pytest.raises(NotFound):
        move(session, clinic, alone, Scope.ALL)
    with pytest.raises(Conflict):
        move(session, clinic, members[0], Scope.ALL, expected_version=7)
    cancel(session, members[3], Scope.FOLLOWING)
    with pytest.raises(Conflict):
        move(session, clinic, members[3], Scope.FOLLOWING, expected_version=members[3].version)
    assert wall_time(DAY, dt.time(10), ZONE) == members[0].starts_at


def undo(session: Session, one: Appointment, **values: Any) -> int:
    """Take back the last step of an appointment with all that was done together; how many went back."""
    step = find_last_event(session, one.id)
    assert step
    with transaction(session):
        return len(undo_change(session, event_id=step.id, **COMMON | values))


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("shift_days", [-7, 0, 7])
def test_a_moved_series_goes_back_as_a_whole(clinic: Clinic, session: Session, scope: Scope, shift_days: int) -> None:
    members = create(session, clinic, of={"starts_on": DAY + WEEK})
    before, series_id = local(members), members[0].series_id
    moved = members if scope is Scope.ALL else members[1:]
    # Onto its own dates where it goes a week on or back; "following" would meet the first one there.
    shift_days = 0 if scope is Scope.FOLLOWING and shift_days < 0 else shift_days
    move(session, clinic, members[1], scope, shift_days=shift_days, local_time=dt.time(10, 5))
    assert series_id not in {one.series_id for one in moved}
    assert undo(session, members[2]) == len(moved)
    assert local(members) == before
    assert {one.series_id for one in members} == {series_id}
    # It is the series it was: it moves together again.
    move(session, clinic, members[1], Scope.ALL, local_time=dt.time(11))
    assert {one.starts_at.astimezone(ZONE).hour for one in members} == {11}


def test_those_that_did_not_move_with_the_others_are_of_the_old_series_again(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    series_id = members[0].series_id
    move_one(session, clinic, members[1], at(16, day=DAY + WEEK), EARLIER)
    move(session, clinic, members[0], Scope.ALL, local_time=dt.time(11), leave_out={DAY + 2 * WEEK})
    assert series_id not in {one.series_id for one in members}
    assert undo(session, members[0]) == 2
    assert local(members) == ["23.11. 10:00", "30.11. 16:00", "07.12. 10:00", "14.12. 10:00"]
    assert {one.series_id for one in members} == {series_id}


def test_a_cancelled_series_is_brought_back_as_a_whole(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    cancel(session, members[1], Scope.FOLLOWING)
    assert undo(session, members[3]) == 3
    assert {(one.state, one.cancelled_by, one.cancel_reason) for one in members} == {(State.BOOKED, None, None)}


def test_nothing_goes_back_when_one_was_changed_or_its_old_time_is_taken(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    move(session, clinic, members[0], Scope.ALL, local_time=dt.time(14))
    moved = local(members)
    clinic.book(at(10, day=DAY + WEEK), patient=clinic.make.patient("Luc"))
    with pytest.raises(Conflict, match=r"no longer be undone\. .*10:00"):
        undo(session, members[2])
    assert local(members) == moved
    step = find_last_event(session, members[0].id)
    assert step
    move_one(session, clinic, members[3], at(16, day=DAY + 3 * WEEK), LATER)
    with pytest.raises(Conflict, match="Somebody went on"), transaction(session):
        undo_change(session, event_id=step.id, **COMMON)
    assert local(members)[:3] == moved[:3]


def test_a_move_of_which_a_part_went_on_is_not_undone_by_half(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    move(session, clinic, members[0], Scope.ALL, local_time=dt.time(11), now=EARLIER)
    step = find_last_event(session, members[0].id)
    assert step
    move(session, clinic, members[2], Scope.FOLLOWING, local_time=dt.time(12))
    with pytest.raises(Conflict, match="Somebody went on"), transaction(session):
        undo_change(session, event_id=step.id, **COMMON)
    assert local(members) == ["23.11. 11:00", "30.11. 11:00", "07.12. 12:00", "14.12. 12:00"]


def test_what_was_no_change_of_a_series_has_no_such_way_back(clinic: Clinic, session: Session) -> None:
    members = create(session, clinic)
    with pytest.raises(NotFound):
        undo(session, members[0])
    with pytest.raises(NotFound), transaction(session):
        undo_change(session, event_id=987654, **COMMON)
