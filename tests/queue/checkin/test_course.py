"""A visit says what its tickets say, from check-in to check-out."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.errors import Conflict, Invalid
from clinic.idempotency import key_of
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.models import State as EntryState
from clinic.queue.models import Step
from clinic.visits.models import FollowUp, State, Visit
from clinic.visits.service import Closing
from tests.factories import NOW
from tests.queue.checkin.conftest import Desk


def test_checking_in_makes_a_visit_and_a_ticket_and_notes_when_the_patient_was_here(
    session: Session, desk: Desk
) -> None:
    entry = desk.check_in()
    visit = desk.visit
    assert (entry.visit_id, entry.patient_id) == (visit.id, desk.patient.id)
    assert (visit.state, visit.arrived_at, visit.day) == (State.WAITING, desk.now, NOW.date())
    assert desk.patient.last_visit_at == desk.now


def test_a_visit_is_served_step_by_step(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    seen = []
    for step in (Step.CALL, Step.START, Step.HOLD, Step.CALL, Step.FINISH):
        desk.step(entry, step)
        seen.append(desk.visit.state)
    assert seen == [State.WAITING, State.IN_PROGRESS, State.IN_PROGRESS, State.IN_PROGRESS, State.READY]
    visit = desk.visit
    assert (visit.started_at, visit.ended_at) == (NOW + dt.timedelta(minutes=3), desk.now)


def test_undoing_at_the_board_takes_the_visit_back_as_well(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START)
    desk.undo(entry)
    assert (desk.visit.state, desk.visit.started_at) == (State.WAITING, None)


def test_a_patient_sent_on_to_another_service_has_been_seen(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START)
    desk.do(queue.transfer_entry, entry_id=entry.id, service_id=desk.other.id)
    assert desk.visit.state is State.IN_PROGRESS
    desk.step(entry, Step.CALL, Step.NO_SHOW)
    assert desk.visit.state is State.READY


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
    assert desk.visit.state is state


def test_one_more_ticket_belongs_to_the_same_visit(session: Session, desk: Desk) -> None:
    first = desk.check_in()
    with pytest.raises(Invalid) as refused:
        desk.check_in(service_id=desk.other.id)
    assert refused.value.field == "confirm"
    second = desk.check_in(service_id=desk.other.id, is_confirmed=True)
    desk.step(first, Step.CALL, Step.START, Step.FINISH)
    assert desk.visit.state is State.IN_PROGRESS
    desk.step(second, Step.LEAVE)
    assert desk.visit.state is State.READY


def test_the_same_check_in_sent_twice_gives_one_ticket(session: Session, desk: Desk) -> None:
    first = desk.check_in(key=key_of("k" * 20))
    assert desk.check_in(key=key_of("k" * 20)).id == first.id
    assert session.scalar(select(func.count(Visit.id))) == 1


def test_checking_out_finishes_what_is_being_done_and_keeps_the_answers(session: Session, desk: Desk) -> None:
    first = desk.step(desk.check_in(), Step.CALL, Step.START)
    second = desk.check_in(service_id=desk.other.id, is_confirmed=True)
    closing = Closing(follow_up=FollowUp.LATER, amount_minor=3000, currency="EUR", note="Wants mornings")
    desk.do(checkin.check_out, visit_id=desk.visit.id, closing=closing)
    visit = desk.visit
    assert (first.state, second.state) == (EntryState.DONE, EntryState.NO_SHOW)
    assert (visit.state, visit.checked_out_at, visit.note) == (State.FINISHED, desk.now, "Wants mornings")


def test_nobody_is_checked_out_twice_or_unseen(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    with pytest.raises(Conflict):
        desk.do(checkin.check_out, visit_id=desk.visit.id, closing=Closing())
    desk.step(entry, Step.CALL, Step.FINISH)
    desk.do(checkin.check_out, visit_id=desk.visit.id, closing=Closing())
    with pytest.raises(Conflict):
        desk.do(checkin.check_out, visit_id=desk.visit.id, closing=Closing())


CHECKED_OUT = "a visit that was checked out goes on only after its check-out was taken back, and keeps its answers"


@pytest.mark.guards(CHECKED_OUT)
def test_a_check_out_is_taken_back_by_itself_alone(session: Session, desk: Desk) -> None:
    entry = desk.step(desk.check_in(), Step.CALL, Step.START, Step.FINISH)
    desk.do(checkin.check_out, visit_id=desk.visit.id, closing=Closing(follow_up=FollowUp.NONE, note="Wants mornings"))
    with pytest.raises(Conflict, match="checked out"):
        desk.undo(entry)
    assert (desk.visit.state, desk.visit.follow_up, desk.visit.note) == (
        State.FINISHED,
        FollowUp.NONE,
        "Wants mornings",
    )
    assert entry.state is EntryState.DONE
    desk.do(checkin.undo_check_out, visit_id=desk.visit.id)
    assert (desk.visit.state, desk.visit.follow_up) == (State.READY, None)
    desk.undo(entry)
    assert (desk.visit.state, desk.visit.checked_out_at) == (State.IN_PROGRESS, None)


@pytest.mark.guards(CHECKED_OUT)
def test_a_missed_ticket_is_not_brought_back_into_a_visit_that_was_checked_out(session: Session, desk: Desk) -> None:
    desk.step(desk.check_in(), Step.CALL, Step.START, Step.FINISH)
    missed = desk.step(desk.check_in(service_id=desk.other.id, is_confirmed=True), Step.CALL, Step.NO_SHOW)
    closing = Closing(follow_up=FollowUp.LATER, amount_minor=3000, currency="EUR", note="Wants mornings")
    desk.do(checkin.check_out, visit_id=desk.visit.id, closing=closing)
    for go_on in (lambda: desk.step(missed, Step.RESTORE), lambda: desk.undo(missed)):
        with pytest.raises(Conflict, match="checked out"):
            go_on()
        visit = desk.visit
        assert (visit.state, visit.note, visit.amount_minor) == (State.FINISHED, "Wants mornings", 3000)
        assert missed.state is EntryState.NO_SHOW
    desk.do(checkin.undo_check_out, visit_id=desk.visit.id)
    desk.step(missed, Step.RESTORE)
    assert desk.visit.state is State.IN_PROGRESS


def test_an_undone_check_in_leaves_the_patient_as_they_were(session: Session, desk: Desk) -> None:
    with transaction(session):
        desk.patient.last_visit_at = NOW - dt.timedelta(days=30)
    entry = desk.check_in()
    desk.do(checkin.undo_check_in, visit_id=desk.visit.id)
    assert desk.visit.state is State.UNDONE
    assert desk.patient.last_visit_at == NOW - dt.timedelta(days=30)
    desk.undo(entry)
    assert desk.visit.state is State.WAITING
    assert desk.patient.last_visit_at == desk.visit.arrived_at


def test_who_is_being_seen_cannot_leave_unseen(session: Session, desk: Desk) -> None:
    desk.step(desk.check_in(), Step.CALL, Step.START)
    for how, values in (
        (checkin.leave_unseen, {}),
        (checkin.undo_check_in, {}),
        (checkin.cancel_visit, {"reason": "Fire alarm"}),
    ):
        with pytest.raises(Conflict):
            desk.do(how, visit_id=desk.visit.id, **values)
    assert desk.visit.state is State.IN_PROGRESS


def test_who_left_can_be_brought_back(session: Session, desk: Desk) -> None:
    entry = desk.check_in()
    desk.do(checkin.leave_unseen, visit_id=desk.visit.id)
    desk.do(checkin.bring_back, visit_id=desk.visit.id)
    assert (desk.visit.state, entry.state) == (State.WAITING, EntryState.WAITING)
    with pytest.raises(Conflict):
        desk.do(checkin.bring_back, visit_id=desk.visit.id)


def test_of_two_check_ins_by_mistake_neither_stays_the_last_visit(session: Session, desk: Desk) -> None:
    with transaction(session):
        desk.patient.last_visit_at = NOW - dt.timedelta(days=30)
    desk.check_in()
    desk.check_in(appointment_id=desk.book().id, is_confirmed=True)
    for visit in session.scalars(select(Visit).order_by(Visit.id)).all():
        desk.do(checkin.undo_check_in, visit_id=visit.id)
    assert desk.patient.last_visit_at == NOW - dt.timedelta(days=30)
