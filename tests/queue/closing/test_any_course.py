"""Whatever is done in whatever order, calendar, board and visits tell one story, and no day stays open."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.appointments import service as appointments
from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentEvent, CancelledBy
from clinic.appointments.placement import placement_of
from clinic.clock import clinic_day, day_bounds
from clinic.db import transaction
from clinic.errors import Conflict, Invalid
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.closing.service import close_day
from clinic.queue.models import OPEN_STATES, TRANSITIONS, QueueEntry, QueueEvent, Step
from clinic.queue.models import State as EntryState
from clinic.visits.models import State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW, TESTER, ZONE, Factory
from tests.queue.checkin.story import assert_one_story

MINUTE = dt.timedelta(minutes=1)
PATIENTS = 3
FORWARD = (Step.CALL, Step.START, Step.FINISH)


@dataclass(frozen=True)
class End:
    """A way in which a visit ends or goes on, and when a person would think of it."""

    service: Any
    fits: Callable[[Visit], bool]
    values: dict[str, Any] = field(default_factory=dict)


ENDS = (
    End(checkin.check_out, lambda visit: visit.may_check_out, {"closing": Closing()}),
    End(checkin.undo_check_out, lambda visit: visit.state is State.FINISHED),
    End(checkin.leave_unseen, lambda visit: visit.may_end_unseen),
    End(checkin.cancel_visit, lambda visit: visit.may_end_unseen, {"reason": "Fire alarm"}),
    End(checkin.undo_check_in, lambda visit: visit.may_end_unseen),
    End(checkin.bring_back, lambda visit: visit.may_bring_back),
)


class Clinic:
    """Three patients, two services, one room, and everything staff can do; `pick` chooses among what there is."""

    def __init__(self, session: Session, make: Factory) -> None:
        self.session, self.now = session, NOW
        department = make.department()
        self.services = [make.service(department), make.service(department, "Blood test", "B")]
        self.room = make.room(department)
        self.patients = [make.patient(f"Patient{number}") for number in range(PATIENTS)]
        self.done: Counter[str] = Counter()

    @property
    def today(self) -> dt.date:
        return clinic_day(self.now, ZONE)

    def act(self, name: str, pick: int, how: int) -> None:
        """One action, if there is something to do it to; that it may be refused is part of the story."""
        self.now += MINUTE
        try:
            with transaction(self.session):
                is_done = getattr(self, name)(pick, how)
        except (Conflict, Invalid):
            return
        self.done[name] += is_done is not False

    def act_on(self, service: Callable[..., Any], **values: Any) -> None:
        service(self.session, actor=TESTER, now=self.now, **values)

    def one_of(self, model: Any, pick: int, *where: Any) -> Any:
        """One of the newest rows, the newest more often."""
        rows = self.session.scalars(select(model).where(*where).order_by(model.id.desc()).limit(6)).all()
        return rows[(pick % len(rows)) * (pick % 3 > 0)] if rows else None

    # The calendar
    def book(self, pick: int, how: int) -> None:
        starts_at = self.now + (how % 3) * dt.timedelta(days=1) + (pick % 40) * MINUTE
        patient, service = self.patients[pick % PATIENTS], self.services[how % 2]
        placement = placement_of(self.session, service_id=service.id, starts_at=starts_at, room_id=self.room.id)
        self.act_on(
            appointments.book_appointment,
            patient_id=patient.id,
            service_id=service.id,
            placement=placement,
            reasons=appointments.Reasons(same_day="Both are needed"),
            zone=ZONE,
        )

    def at_the_calendar(self, pick: int, how: int) -> bool | None:
        appointment: Appointment | None = self.one_of(Appointment, pick)
        if appointment is None:
            return False
        which = {"appointment_id": appointment.id, "expected_version": appointment.version}
        if how % 5 == 0:
            self.act_on(appointments.confirm_appointment, **which)
        elif how % 5 == 1:
            self.act_on(appointments.cancel_appointment, cancelled_by=CancelledBy.PATIENT, **which)
        elif how % 5 == 2:
            self.act_on(appointments.mark_no_show, **which)
        elif how % 5 == 3:
            self.act_on(appointments.restore_appointment, zone=ZONE, **which)
        else:
            starts_at = self.now + (how % 2) * dt.timedelta(days=1) + (pick % 50) * MINUTE
            place = placement_of(
                self.session, service_id=appointment.service_id, starts_at=starts_at, room_id=self.room.id
            )
            self.act_on(appointments.move_appointment, placement=place, zone=ZONE, **which)
        return None

    def undo_at_the_calendar(self, pick: int, _how: int) -> bool | None:
        event = self.one_of(AppointmentEvent, pick)
        if event is None:
            return False
        self.act_on(appointments.undo_step, event_id=event.id, zone=ZONE)
        return None

    # The desk and the chart
    def check_in_a_walk_in(self, pick: int, how: int) -> None:
        patient, service = self.patients[pick % PATIENTS], self.services[how % 2]
        self.act_on(
            checkin.check_in, patient_id=patient.id, service_id=service.id, is_confirmed=how % 3 == 0, zone=ZONE
        )

    def check_in_an_appointment(self, pick: int, how: int) -> bool | None:
        appointment: Appointment | None = self.one_of(Appointment, pick, Appointment.day == self.today)
        if appointment is None:
            return False
        which = {"patient_id": appointment.patient_id, "appointment_id": appointment.id}
        self.act_on(checkin.check_in, is_confirmed=how % 2 == 0, zone=ZONE, **which)
        return None

    def name_a_walk_in(self, pick: int, how: int) -> bool | None:
        """Say whose one of the anonymous tickets is; where there is none, give one."""
        entry = self.one_of(QueueEntry, pick, QueueEntry.patient_id.is_(None), QueueEntry.day == self.today)
        if entry is None:
            self.act_on(queue.join_queue, service_id=self.services[how % 2].id, zone=ZONE)
            return False
        patient = self.patients[pick % PATIENTS]
        here = (Appointment.patient_id == patient.id, Appointment.day == self.today)
        appointment = self.one_of(Appointment, how, *here) if how % 3 else None
        which = {"patient_id": patient.id, "appointment_id": appointment.id if appointment else None}
        self.act_on(checkin.identify_walk_in, entry_id=entry.id, is_confirmed=how % 2 == 0, zone=ZONE, **which)
        return None

    def end_a_visit(self, pick: int, how: int) -> bool | None:
        visit = self.one_of(Visit, pick)
        if visit is None:
            return False
        ways = ENDS if how % 5 == 0 else [way for way in ENDS if way.fits(visit)]
        way = ways[how % len(ways)]
        self.act_on(way.service, visit_id=visit.id, **way.values)
        self.done[way.service.__name__] += 1
        return None

    # The board
    def call_next(self, _pick: int, _how: int) -> None:
        self.act_on(queue.call_next, department_id=self.room.department_id, room_id=self.room.id, zone=ZONE)

    def at_the_board(self, pick: int, how: int) -> bool | None:
        entry = self.one_of(QueueEntry, pick)
        if entry is None or entry.state is EntryState.DONE:
            return False
        allowed = [step for step in TRANSITIONS if entry.may(step) and step not in (Step.TRANSFER, Step.IDENTIFY)]
        # Mostly as the day goes, where it goes on.
        forward = [step for step in FORWARD if step in allowed]
        if how % 4 and forward:
            allowed = forward
        reason = "Fire alarm"
        self.act_on(queue.move_entry, entry_id=entry.id, step=allowed[how % len(allowed)], reason=reason)
        return None

    def transfer(self, pick: int, how: int) -> bool | None:
        entry = self.one_of(QueueEntry, pick)
        if entry is None:
            return False
        self.act_on(queue.transfer_entry, entry_id=entry.id, service_id=self.services[how % 2].id)
        return None

    def undo_at_the_board(self, pick: int, _how: int) -> bool | None:
        event = self.one_of(QueueEvent, pick)
        if event is None:
            return False
        self.act_on(queue.undo_step, event_id=event.id)
        return None

    # The clock
    def close_the_day(self, _pick: int, _how: int) -> None:
        self.act_on(close_day, day=self.today)

    def let_an_hour_pass(self, _pick: int, _how: int) -> None:
        self.now += 60 * MINUTE

    def spend_a_night(self, _pick: int, _how: int) -> None:
        over = self.today
        self.now = day_bounds(over, ZONE)[1] + dt.timedelta(hours=3)
        self.act_on(close_day, day=over)
        self.assert_clean_morning()
        self.now += dt.timedelta(hours=5)

    def assert_clean_morning(self) -> None:
        """Nothing of days before today is left that somebody would have to close."""
        left = (
            (QueueEntry, QueueEntry.state.in_(OPEN_STATES)),
            (Visit, Visit.state.in_((State.WAITING, State.IN_PROGRESS, State.READY))),
            (Appointment, Appointment.state.in_(EXPECTED_STATES)),
        )
        for model, is_open in left:
            query = select(func.count()).select_from(model).where(is_open, model.day < self.today)
            assert self.session.scalar(query) == 0, model

    def assert_nobody_is_stuck(self) -> None:
        """Whoever is here can go on: a ticket that has a next step, or a check-out."""
        for visit in self.session.scalars(select(Visit)):
            assert visit.may_check_out or visit.may_end_unseen or visit.may_bring_back or visit.checked_out_at


ACTIONS = (
    "book",
    "at_the_calendar",
    "undo_at_the_calendar",
    "check_in_a_walk_in",
    "check_in_an_appointment",
    "name_a_walk_in",
    "end_a_visit",
    "call_next",
    "at_the_board",
    "transfer",
    "undo_at_the_board",
    "close_the_day",
    "let_an_hour_pass",
    "spend_a_night",
)
# What happens all day long is drawn more often than what ends a day.
WEIGHTS = (4, 4, 7, 3, 5, 5, 8, 2, 14, 3, 5, 1, 2, 1)
COURSES, LENGTH = 12, 100


@pytest.fixture(scope="module")
def done() -> Iterator[Counter[str]]:
    """What was really done, not refused, in all courses: at the end, everything often enough to mean something."""
    counted: Counter[str] = Counter()
    yield counted
    assert all(counted[name] >= 8 for name in ACTIONS), counted
    assert all(counted[way.service.__name__] >= 5 for way in ENDS), counted


@pytest.mark.parametrize("seed", range(COURSES))
def test_any_course_tells_one_story_and_ends_clean(
    session: Session, make: Factory, done: Counter[str], seed: int
) -> None:
    clinic, dice = Clinic(session, make), random.Random(seed)
    for _ in range(LENGTH):
        (name,) = dice.choices(ACTIONS, WEIGHTS)
        clinic.act(name, dice.randrange(120), dice.randrange(120))
        assert_one_story(session)
        clinic.assert_nobody_is_stuck()
    clinic.act("spend_a_night", 0, 0)
    assert_one_story(session)
    done.update(clinic.done)
