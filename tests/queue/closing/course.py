"""A clinic in which anything may be done at any time, and what must be so after each of its actions."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from clinic.appointments import service as appointments
from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentEvent, CancelledBy
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.placement import placement_of
from clinic.clock import clinic_day, day_bounds
from clinic.db import transaction
from clinic.errors import Conflict, Invalid
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.closing.service import close_day
from clinic.queue.models import OPEN_STATES, TRANSITIONS, QueueEntry, QueueEvent, Step
from clinic.queue.models import State as EntryState
from clinic.queue.queries import list_of_visit
from clinic.visits.models import State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW, TESTER, ZONE, Factory
from tests.queue.closing.memory import Memory

MINUTE = dt.timedelta(minutes=1)
PATIENTS = 3
FORWARD = (Step.CALL, Step.START, Step.FINISH)
HAS_COME = Appointment.state.in_([state for state in AppointmentState if state.has_come])


@dataclass(frozen=True)
class End:
    """A way in which a visit ends or goes on, when a person would think of it, and what becomes of its open tickets.

    `becomes`: state before -> state after; what is not named there stays open.
    """

    service: Any
    fits: Callable[[Visit], bool]
    becomes: dict[EntryState, EntryState] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


_UNSEEN = (EntryState.WAITING, EntryState.CALLED, EntryState.ON_HOLD)
_SERVED = {
    EntryState.WAITING: EntryState.NO_SHOW,
    EntryState.ON_HOLD: EntryState.NO_SHOW,
    EntryState.CALLED: EntryState.DONE,
    EntryState.IN_SERVICE: EntryState.DONE,
}
_LEFT = dict.fromkeys(_UNSEEN, EntryState.NO_SHOW)
_CANCELLED = dict.fromkeys(_UNSEEN, EntryState.CANCELLED)
ENDS = (
    End(checkin.check_out, lambda visit: visit.may_check_out, _SERVED, {"closing": Closing()}),
    End(checkin.undo_check_out, lambda visit: visit.state is State.FINISHED),
    End(checkin.leave_unseen, lambda visit: visit.may_end_unseen, _LEFT),
    End(checkin.cancel_visit, lambda visit: visit.may_end_unseen, _CANCELLED, {"reason": "Fire alarm"}),
    End(checkin.undo_check_in, lambda visit: visit.may_end_unseen, _CANCELLED),
    End(checkin.bring_back, lambda visit: visit.may_bring_back),
)


class Clinic:
    """Three patients, two services, one room, and everything staff can do; `pick` chooses among what there is."""

    def __init__(self, session: Session, make: Factory) -> None:
        self.session, self.now, self.memory = session, NOW, Memory(session)
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
        self.memory.keep()

    def act_on(self, service: Callable[..., Any], **values: Any) -> Any:
        return service(self.session, actor=TESTER, now=self.now, **values)

    def must(self, service: Callable[..., Any], **values: Any) -> None:
        """As act_on(), where nothing speaks against it."""
        try:
            self.act_on(service, **values)
        except (Conflict, Invalid) as refusal:
            raise AssertionError(f"{service.__name__} was refused: {refusal}") from refusal

    def one_of(self, model: Any, pick: int, *where: Any) -> Any:
        """One of the newest rows, the newest more often."""
        rows = self.session.scalars(select(model).where(*where).order_by(model.id.desc()).limit(6)).all()
        return rows[(pick % len(rows)) * (pick % 3 > 0)] if rows else None

    # The calendar
    def book(self, pick: int, how: int) -> None:
        starts_at = self.now + (how % 3) * dt.timedelta(days=1) + (pick % 40 - 15) * MINUTE
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
        appointment: Appointment | None = self.one_of(Appointment, pick, *((HAS_COME,) if how % 4 == 0 else ()))
        if appointment is None:
            return False
        which = {"appointment_id": appointment.id, "expected_version": appointment.version}
        had_come = appointment.state.has_come
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
        assert not had_come, "what is written of a visit was changed at the calendar"
        assert how % 5 != 2 or appointment.starts_at <= self.now
        return None

    def undo_at_the_calendar(self, pick: int, how: int) -> bool | None:
        appointment = self.one_of(Appointment, pick)
        if appointment is None:
            return False
        events = select(AppointmentEvent).filter_by(appointment_id=appointment.id).order_by(AppointmentEvent.id.desc())
        event, *earlier = self.session.scalars(events)
        if earlier and how % 4 == 0:
            event = earlier[0]
        self.act_on(appointments.undo_step, event_id=event.id, zone=ZONE)
        assert event not in earlier
        self.memory.assert_undone(event)
        return None

    # The desk and the chart
    def check_in_a_walk_in(self, pick: int, how: int) -> None:
        patient, service = self.patients[pick % PATIENTS], self.services[how % 2]
        self.act_on(checkin.check_in, patient_id=patient.id, service_id=service.id, is_confirmed=how % 3 > 0, zone=ZONE)

    def check_in_an_appointment(self, pick: int, how: int) -> bool | None:
        day = Appointment.day == self.today if how % 9 else Appointment.day > self.today
        appointment: Appointment | None = self.one_of(Appointment, pick, day, HAS_COME if how % 7 == 0 else ~HAS_COME)
        if appointment is None:
            return False
        which = {"patient_id": appointment.patient_id, "appointment_id": appointment.id}
        entry = self.act_on(checkin.check_in, is_confirmed=how % 2 == 0, zone=ZONE, **which)
        assert (entry.visit.appointment_id, appointment.day) == (appointment.id, self.today)
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
        assert appointment is None or entry.visit.appointment_id == appointment.id
        return None

    def end_a_visit(self, pick: int, how: int) -> bool | None:
        visit = self.one_of(Visit, pick)
        if visit is None:
            return False
        ways = ENDS if how % 5 == 0 else [way for way in ENDS if way.fits(visit)]
        way = ways[how % len(ways)]
        entries = list_of_visit(self.session, visit.id)
        expected = [way.becomes.get(entry.state, entry.state) for entry in entries]
        if way.service is checkin.bring_back and entries:
            expected[-1] = EntryState.WAITING
        # Without a ticket there is nothing to bring back: it was somebody else's.
        (self.must if way.fits(visit) and entries else self.act_on)(way.service, visit_id=visit.id, **way.values)
        assert [entry.state for entry in entries] == expected
        self.assert_the_calendar_knows(visit)
        self.done[way.service.__name__] += 1
        return None

    def assert_the_calendar_knows(self, visit: Visit) -> None:
        """Why somebody who was here was not seen, or that they are expected again."""
        appointment = visit.appointment
        if appointment is None:
            return
        if visit.state in (State.LEFT, State.CANCELLED):
            by = CancelledBy.PATIENT if visit.state is State.LEFT else CancelledBy.CLINIC
            assert (appointment.state, appointment.cancelled_by) == (AppointmentState.CANCELLED, by)
        elif visit.state is State.UNDONE:
            assert appointment.state in EXPECTED_STATES

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
        step, reason = allowed[how % len(allowed)], "Fire alarm"
        is_checked_out = entry.visit is not None and entry.visit.checked_out_at is not None
        # Nothing goes on in a visit that was checked out.
        (self.act_on if is_checked_out else self.must)(queue.move_entry, entry_id=entry.id, step=step, reason=reason)
        assert not is_checked_out
        return None

    def transfer(self, pick: int, how: int) -> bool | None:
        entry = self.one_of(QueueEntry, pick)
        if entry is None:
            return False
        service = self.services[how % 2]
        may, served_at = entry.is_open and entry.service_id != service.id, entry.served_at
        (self.must if may else self.act_on)(queue.transfer_entry, entry_id=entry.id, service_id=service.id)
        assert (entry.state, entry.service_id, entry.served_at) == (EntryState.WAITING, service.id, served_at)
        return None

    def undo_at_the_board(self, pick: int, how: int) -> bool | None:
        entry = self.one_of(QueueEntry, pick)
        if entry is None:
            return False
        # Mostly the last step; an earlier one is refused.
        events = self.session.scalars(select(QueueEvent).filter_by(entry_id=entry.id).order_by(QueueEvent.id.desc()))
        event, *earlier = events
        if earlier and how % 4 == 0:
            event = earlier[0]
        self.act_on(queue.undo_step, event_id=event.id)
        assert event not in earlier
        self.memory.assert_undone(event)
        return None

    # The clock
    def close_the_day(self, _pick: int, _how: int) -> None:
        self.act_on(close_day, day=self.today)
        self.assert_closed(until=self.today, begun=Appointment.starts_at <= self.now)

    def let_an_hour_pass(self, _pick: int, _how: int) -> None:
        self.now += 60 * MINUTE

    def spend_a_night(self, _pick: int, _how: int) -> None:
        over = self.today
        self.now = day_bounds(over, ZONE)[1] + dt.timedelta(hours=3)
        self.act_on(close_day, day=over)
        self.assert_closed(until=over, begun=true())
        self.now += dt.timedelta(hours=5)

    def assert_closed(self, *, until: dt.date, begun: Any) -> None:
        """Nothing of `until` and before is left that somebody would have to close."""
        left = (
            (QueueEntry, QueueEntry.state.in_(OPEN_STATES)),
            (Visit, Visit.state.in_((State.WAITING, State.IN_PROGRESS, State.READY))),
            (Appointment, Appointment.state.in_(EXPECTED_STATES) & begun),
        )
        for model, is_open in left:
            query = select(func.count()).select_from(model).where(is_open, model.day <= until)
            assert self.session.scalar(query) == 0, model

    def assert_nobody_is_stuck(self) -> None:
        """Whoever is here can go on: a ticket that has a next step, or a check-out."""
        for visit in self.session.scalars(select(Visit)):
            assert visit.may_check_out or visit.may_end_unseen or visit.may_bring_back or visit.checked_out_at
