"""A visit says what its tickets say, from check-in to check-out."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.directory.models import Room, Service
from clinic.errors import Conflict, Invalid
from clinic.patients.models import Patient
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.models import QueueEntry, Step
from clinic.queue.models import State as EntryState
from clinic.queue.queries import find_last_event
from clinic.visits.models import FollowUp, State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW, TESTER, ZONE, Factory


class Desk:
    """One patient, one service, and what is done to them, a minute apart."""

    def __init__(self, session: Session, make: Factory) -> None:
        self.session, self.now = session, NOW
        department = make.department()
        self.service: Service = make.service(department)
        self.other: Service = make.service(department, "Blood test", "B")
        self.room: Room = make.room(department)
        self.patient: Patient = make.patient()

    def check_in(self, **values: Any) -> QueueEntry:
        given = {"patient_id": self.patient.id, "service_id": self.service.id, "zone": ZONE, **values}
        return self._do(checkin.check_in, **given)

    def step(self, entry: QueueEntry, *steps: Step) -> QueueEntry:
        for step in steps:
            reason = "Fire alarm" if step is Step.CANCEL else None
            room_id = self.room.id if step is Step.CALL else None
            self._do(queue.move_entry, entry_id=entry.id, step=step, room_id=room_id, reason=reason)
        return entry

    def undo(self, entry: QueueEntry) -> None:
        event = find_last_event(self.session, entry.id)
        assert event is not None
        self._do(queue.undo_step, event_id=event.id)

    def end(self, how: Any, visit: Visit, **values: Any) -> Visit:
        return self._do(how, visit_id=visit.id, **values)

    def _do(self, how: Any, **values: Any) -> Any:
        self.now += dt.timedelta(minutes=1)
        with transaction(self.session):
            return how(self.session, actor=TESTER, now=self.now, **values)


@pytest.fixture
def desk(session: Session, make: Factory) -> Desk:
    return Desk(session, make)


def the_visit(session: Session) -> Visit:
    session.expire_all()
    return session.scalars(select(Visit)).one()


def test_checking_in_makes_a_visit_and_a_ticket_and_notes_when_the_patient_was_here(
    session: Session, desk: Desk
) -> None:
    entry = desk.check_in()
    visit = the_visit(session)
    assert (entry.visit_id, entry.patient_id) == (visit.id, desk.patient.id)
    assert (visit.state, visit.arrived_at, visit.day) == (State.WAITING, desk.now, NOW.date())
    assert desk.patient.last_visit_at == desk.now


def test_a_visit_is_served_step_by_step(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    seen = []
    for step in (Step.CALL, Step.START, Step.HOLD, Step.CALL, Step.FINISH):
        desk.step(entry, step)
        seen.append(the_visit(session).state)
    assert seen == [State.WAITING, State.IN_PROGRESS, State.IN_PROGRESS, State.IN_PROGRESS, State.READY]
    visit = the_visit(session)
    assert (visit.started_at, visit.ended_at) == (NOW + dt.timedelta(minutes=3), desk.now)


def test_undoing_at_the_board_takes_the_visit_back_as_well(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START)
    desk.undo(entry)
    assert (the_visit(session).state, the_visit(session).started_at) == (State.WAITING, None)


def test_a_patient_sent_on_to_another_service_has_been_seen(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START)
    desk._do(queue.transfer_entry, entry_id=entry.id, service_id=desk.other.id)
    assert the_visit(session).state is State.IN_PROGRESS
    desk.step(entry, Step.CALL, Step.NO_SHOW)
    assert the_visit(session).state is State.READY


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((Step.CALL, Step.NO_SHOW), State.LEFT),
        ((Step.LEAVE,), State.LEFT),
        ((Step.CANCEL,), State.CANCELLED),
        ((Step.WITHDRAW,), State.UNDONE),
        ((Step.CALL, Step.NO_SHOW, Step.RESTORE), State.WAITING),
        ((Step.CALL, Step.FINISH), State.READY),
    ],
)
def test_a_ticket_ended_at_the_board_ends_its_visit(
    session: Session, desk: Desk, steps: tuple[Step, ...], state: State
) -> None:
    desk.step(desk.check_in(), *steps)
    assert the_visit(session).state is state


def test_one_more_ticket_belongs_to_the_same_visit(session: Session, desk: Desk) -> None:
    first = desk.check_in()
    with pytest.raises(Invalid) as refused:
        desk.check_in(service_id=desk.other.id)
    assert refused.value.field == "confirm"
    second = desk.check_in(service_id=desk.other.id, is_confirmed=True)
    desk.step(first, Step.CALL, Step.START, Step.FINISH)
    assert the_visit(session).state is State.IN_PROGRESS
    desk.step(second, Step.LEAVE)
    assert the_visit(session).state is State.READY


def test_the_same_check_in_sent_twice_gives_one_ticket(session: Session, desk: Desk) -> None:
    first = desk.check_in(idempotency_key="k" * 20)
    assert desk.check_in(idempotency_key="k" * 20).id == first.id
    assert session.scalar(select(func.count(Visit.id))) == 1


def test_checking_out_finishes_what_is_being_done_and_keeps_the_answers(session: Session, desk: Desk) -> None:
    first = desk.step(desk.check_in(), Step.CALL, Step.START)
    second = desk.check_in(service_id=desk.other.id, is_confirmed=True)
    closing = Closing(follow_up=FollowUp.LATER, amount_minor=3000, currency="EUR", note="Wants mornings")
    desk.end(checkin.check_out, the_visit(session), closing=closing)
    visit = the_visit(session)
    assert (first.state, second.state) == (EntryState.DONE, EntryState.NO_SHOW)
    assert (visit.state, visit.checked_out_at, visit.note) == (State.FINISHED, desk.now, "Wants mornings")


def test_nobody_is_checked_out_twice_or_unseen(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    with pytest.raises(Conflict):
        desk.end(checkin.check_out, the_visit(session), closing=Closing())
    desk.step(entry, Step.CALL, Step.FINISH)
    desk.end(checkin.check_out, the_visit(session), closing=Closing())
    with pytest.raises(Conflict):
        desk.end(checkin.check_out, the_visit(session), closing=Closing())


def test_a_check_out_is_taken_back_by_itself_or_by_a_ticket_that_goes_on(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START, Step.FINISH)
    desk.end(checkin.check_out, the_visit(session), closing=Closing(follow_up=FollowUp.NONE))
    desk.end(checkin.undo_check_out, the_visit(session))
    assert (the_visit(session).state, the_visit(session).follow_up) == (State.READY, None)
    desk.end(checkin.check_out, the_visit(session), closing=Closing(follow_up=FollowUp.NONE))
    desk.undo(entry)
    assert (the_visit(session).state, the_visit(session).checked_out_at) == (State.IN_PROGRESS, None)


def test_an_undone_check_in_leaves_the_patient_as_they_were(session: Session, desk: Desk) -> None:
    with transaction(session):
        desk.patient.last_visit_at = NOW - dt.timedelta(days=30)
    entry = desk.check_in()
    desk.end(checkin.undo_check_in, the_visit(session))
    assert the_visit(session).state is State.UNDONE
    assert desk.patient.last_visit_at == NOW - dt.timedelta(days=30)
    desk.undo(entry)
    assert the_visit(session).state is State.WAITING
    assert desk.patient.last_visit_at == the_visit(session).arrived_at


def test_who_is_being_seen_cannot_leave_unseen(session: Session, desk: Desk) -> None:
    desk.step(desk.check_in(), Step.CALL, Step.START)
    for how, values in (
        (checkin.leave_unseen, {}),
        (checkin.undo_check_in, {}),
        (checkin.cancel_visit, {"reason": "Fire alarm"}),
    ):
        with pytest.raises(Conflict):
            desk.end(how, the_visit(session), **values)
    assert the_visit(session).state is State.IN_PROGRESS


def test_who_left_can_be_brought_back(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    desk.end(checkin.leave_unseen, the_visit(session))
    desk.end(checkin.bring_back, the_visit(session))
    assert (the_visit(session).state, entry.state) == (State.WAITING, EntryState.WAITING)
    with pytest.raises(Conflict):
        desk.end(checkin.bring_back, the_visit(session))
