"""Moving tickets: the table of transitions is the only truth."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.directory.models import Room, Service
from clinic.errors import Conflict, Invalid
from clinic.idempotency import key_of
from clinic.queue import queries, service
from clinic.queue.models import TRANSITIONS, Lane, QueueEntry, QueueEvent, State, Step
from tests.factories import NOW, TESTER, ZONE, Factory

LATER = NOW + dt.timedelta(minutes=5)
# One way to bring a waiting entry into each state.
PATHS: dict[State, list[Step]] = {
    State.WAITING: [],
    State.CALLED: [Step.CALL],
    State.IN_SERVICE: [Step.CALL, Step.START],
    State.ON_HOLD: [Step.HOLD],
    State.DONE: [Step.CALL, Step.START, Step.FINISH],
    State.NO_SHOW: [Step.CALL, Step.NO_SHOW],
    State.CANCELLED: [Step.CANCEL],
}
SIMPLE = [s for s in Step if s not in (Step.JOIN, Step.TRANSFER, Step.UNDO)]


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


@pytest.fixture
def room(make: Factory, consultation: Service) -> Room:
    return make.room(consultation.department)


def move(session: Session, entry_id: int, step: Step, **values: Any) -> QueueEntry:
    reason = "left" if step is Step.CANCEL else None
    with transaction(session):
        given: dict[str, Any] = {"reason": reason, "actor": TESTER, "now": LATER, **values}
        return service.move_entry(session, entry_id=entry_id, step=step, **given)


def in_state(session: Session, make: Factory, offered: Service, state: State, *, claimed: bool = False) -> QueueEntry:
    entry = make.ticket(offered, now=NOW)
    with transaction(session):
        entry.is_claimed = claimed
    for step in PATHS[state]:
        move(session, entry.id, step)
    return entry


def undo(session: Session, entry: QueueEntry) -> QueueEntry:
    event = queries.find_last_event(session, entry.id)
    assert event is not None
    event_id = event.id
    with transaction(session):
        return service.undo_step(session, event_id=event_id, actor=TESTER, now=LATER)


def call_next(session: Session, offered: Service, room: Room | None = None, **values: Any) -> QueueEntry | None:
    department_id, room_id = offered.department_id, room.id if room else None
    given: dict[str, Any] = {"actor": TESTER, "now": NOW, "zone": ZONE, **values}
    with transaction(session):
        return service.call_next(session, department_id=department_id, room_id=room_id, **given)


@pytest.mark.parametrize("step", SIMPLE)
@pytest.mark.parametrize("state", list(State))
def test_only_steps_of_the_table_are_taken(
    session: Session, make: Factory, consultation: Service, state: State, step: Step
) -> None:
    entry = in_state(session, make, consultation, state, claimed=step is Step.CONFIRM)
    target = TRANSITIONS[step].get(state)
    if target is None:
        with pytest.raises(Conflict):
            move(session, entry.id, step)
        assert entry.state is state
    else:
        assert move(session, entry.id, step).state is target


@pytest.mark.parametrize("step", SIMPLE)
@pytest.mark.parametrize("state", list(State))
def test_undo_puts_back_exactly_what_a_step_changed(
    session: Session, make: Factory, consultation: Service, room: Room, state: State, step: Step
) -> None:
    if state not in TRANSITIONS[step]:
        return
    entry = in_state(session, make, consultation, state, claimed=step is Step.CONFIRM)
    columns = [c.key for c in QueueEntry.__table__.columns]
    before = {c: getattr(entry, c) for c in columns}
    move(session, entry.id, step, room_id=room.id if step is Step.CALL else None)
    undo(session, entry)
    assert {c: getattr(entry, c) for c in columns} == before


def test_only_the_last_step_is_undone_and_only_once(session: Session, make: Factory, consultation: Service) -> None:
    entry = in_state(session, make, consultation, State.IN_SERVICE)
    events = queries.list_events(session, [entry.id])[entry.id]
    with pytest.raises(Conflict), transaction(session):
        service.undo_step(session, event_id=events[-2].id, actor=TESTER, now=LATER)
    assert undo(session, entry).state is State.CALLED
    with pytest.raises(Conflict):
        undo(session, entry)


def test_giving_a_ticket_is_not_undone(session: Session, make: Factory, consultation: Service) -> None:
    with pytest.raises(Conflict):
        undo(session, make.ticket(consultation))


def test_next_is_by_lane_then_arrival(session: Session, make: Factory, consultation: Service, room: Room) -> None:
    lanes = [Lane.NORMAL, Lane.PRIORITY, Lane.URGENT, Lane.PRIORITY, Lane.NORMAL, Lane.URGENT]
    for number, lane in enumerate(lanes):
        make.ticket(consultation, lane=lane, now=NOW + dt.timedelta(minutes=number))
    called = [call_next(session, consultation, room) for _ in lanes]
    assert [e.number for e in called if e] == [3, 6, 2, 4, 1, 5]
    assert all(e and e.state is State.CALLED and e.room_id == room.id and e.call_count == 1 for e in called)
    assert call_next(session, consultation, room) is None


def test_next_leaves_out_yesterday_and_other_departments(
    session: Session, make: Factory, consultation: Service
) -> None:
    make.ticket(consultation, now=NOW - dt.timedelta(days=1))
    make.ticket(make.service(make.department("Laboratory"), "Blood test", "B"), now=NOW)
    assert call_next(session, consultation) is None


def test_the_same_call_form_sent_twice_calls_one(session: Session, make: Factory, consultation: Service) -> None:
    first, second = make.ticket(consultation, now=NOW), make.ticket(consultation, now=NOW)
    calls = [call_next(session, consultation, key=key_of("once" * 5)) for _ in range(2)]
    assert [c.id for c in calls if c] == [first.id, first.id]
    assert second.state is State.WAITING


def test_a_room_of_another_department_is_refused(session: Session, make: Factory, consultation: Service) -> None:
    elsewhere = make.room(make.department("Laboratory"))
    entry = make.ticket(consultation)
    with pytest.raises(Invalid):
        move(session, entry.id, Step.CALL, room_id=elsewhere.id)
    assert entry.state is State.WAITING


def test_recall_counts_and_keeps_the_room(session: Session, make: Factory, consultation: Service, room: Room) -> None:
    entry = make.ticket(consultation)
    move(session, entry.id, Step.CALL, room_id=room.id)
    again = move(session, entry.id, Step.RECALL)
    assert (again.call_count, again.room_id) == (2, room.id)


@pytest.mark.parametrize("state", [State.WAITING, State.CALLED, State.IN_SERVICE, State.ON_HOLD])
def test_transfer_keeps_ticket_and_arrival(
    session: Session, make: Factory, consultation: Service, state: State
) -> None:
    entry = in_state(session, make, consultation, state)
    blood = make.service(make.department("Laboratory"), "Blood test", "B")
    with transaction(session):
        service.transfer_entry(session, entry_id=entry.id, service_id=blood.id, actor=TESTER, now=LATER)
    assert (entry.ticket, entry.joined_at, entry.state) == ("A-001", NOW, State.WAITING)
    assert (entry.department_id, entry.service_id, entry.room_id) == (blood.department_id, blood.id, None)
    undo(session, entry)
    assert (entry.service_id, entry.state) == (consultation.id, state)


def test_transfer_to_the_same_or_a_closed_service_is_refused(
    session: Session, make: Factory, consultation: Service
) -> None:
    entry = make.ticket(consultation)
    closed = make.service(consultation.department, "Old", "O", is_active=False)
    for service_id in (consultation.id, closed.id, 999_999):
        with pytest.raises(Invalid), transaction(session):
            service.transfer_entry(session, entry_id=entry.id, service_id=service_id, actor=TESTER, now=LATER)


def test_cancel_needs_a_reason_and_keeps_it_sealed(session: Session, make: Factory, consultation: Service) -> None:
    entry = make.ticket(consultation)
    with pytest.raises(Invalid):
        move(session, entry.id, Step.CANCEL, reason=None)
    move(session, entry.id, Step.CANCEL, reason="went home with a fever")
    assert entry.cancel_reason == "went home with a fever"
    raw = session.connection().exec_driver_sql("SELECT cancel_reason FROM queue_entries").scalar_one()
    assert b"fever" not in bytes(raw)


def test_every_step_is_in_the_history_and_in_the_audit(session: Session, make: Factory, consultation: Service) -> None:
    patient = make.patient()
    entry = make.ticket(consultation, patient)
    for step in (Step.CALL, Step.START, Step.FINISH):
        move(session, entry.id, step)
    steps = session.scalars(select(QueueEvent.step).order_by(QueueEvent.id)).all()
    audited = select(AuditEntry.action).where(AuditEntry.entity == "queue_entry", AuditEntry.patient_id == patient.id)
    assert steps == [Step.JOIN, Step.CALL, Step.START, Step.FINISH]
    assert session.scalars(audited.order_by(AuditEntry.seq)).all() == [f"queue.{s}" for s in steps]


def test_what_past_days_left_open_is_closed_at_once(session: Session, make: Factory, consultation: Service) -> None:
    day_before = NOW - dt.timedelta(days=1)
    waiting, served = (make.ticket(consultation, now=day_before) for _ in range(2))
    today = make.ticket(consultation, now=NOW)
    move(session, served.id, Step.CALL)
    move(session, served.id, Step.START)
    with transaction(session):
        department_id = consultation.department_id
        service.close_left_open(session, department_id=department_id, actor=TESTER, now=NOW, zone=ZONE)
    assert [e.state for e in (waiting, served, today)] == [State.NO_SHOW, State.DONE, State.WAITING]
