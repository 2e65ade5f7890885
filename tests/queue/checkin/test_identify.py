"""An anonymous ticket gets a name: as if its holder had been checked in when they took it."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from clinic.appointments.models import State as AppointmentState
from clinic.audit.models import AuditEntry
from clinic.errors import Conflict, Invalid, NotFound
from clinic.queue import service as queue
from clinic.queue.checkin.service import identify_walk_in
from clinic.queue.models import QueueEntry, Step
from clinic.visits.models import State, Visit
from tests.factories import ZONE
from tests.queue.checkin.conftest import Desk
from tests.queue.checkin.story import assert_one_story


def walk_in(desk: Desk, **values: Any) -> QueueEntry:
    entry: QueueEntry = desk.do(queue.join_queue, service_id=desk.service.id, zone=ZONE, **values)
    return entry


def identify(desk: Desk, entry: QueueEntry, **values: Any) -> None:
    desk.do(identify_walk_in, entry_id=entry.id, zone=ZONE, **{"patient_id": desk.patient.id, **values})


def test_who_is_named_has_a_visit_since_the_ticket_was_taken(desk: Desk) -> None:
    entry = walk_in(desk)
    taken_at = desk.now
    identify(desk, entry)
    assert (entry.patient_id, entry.visit_id, entry.state) == (desk.patient.id, desk.visit.id, "waiting")
    assert (desk.visit.state, desk.visit.arrived_at, desk.visit.service_id) == (
        State.WAITING,
        taken_at,
        desk.service.id,
    )
    assert desk.patient.last_visit_at == taken_at
    assert_one_story(desk.session)
    logged = desk.session.scalars(select(AuditEntry).where(AuditEntry.action == "queue.identify")).one()
    assert (logged.entity_id, logged.patient_id) == (entry.id, desk.patient.id)


def test_the_appointment_of_the_day_has_arrived_with_it(desk: Desk) -> None:
    booked = desk.book()
    entry = walk_in(desk)
    identify(desk, entry, appointment_id=booked.id)
    assert desk.visit.appointment_id == booked.id
    assert booked.state is AppointmentState.ARRIVED
    desk.undo(entry)
    assert booked.state is AppointmentState.BOOKED


def test_named_while_being_seen_the_visit_is_in_progress(desk: Desk) -> None:
    booked = desk.book()
    entry = desk.step(walk_in(desk), Step.CALL, Step.START)
    called_at, calls = entry.called_at, entry.call_count
    identify(desk, entry, appointment_id=booked.id)
    assert (entry.state, entry.called_at, entry.call_count) == ("in_service", called_at, calls)
    assert (desk.visit.state, booked.state) == (State.IN_PROGRESS, AppointmentState.IN_PROGRESS)
    desk.step(entry, Step.FINISH)
    assert desk.visit.state is State.READY
    assert_one_story(desk.session)


def test_it_is_undone_as_if_nothing_had_been_said(desk: Desk) -> None:
    entry = walk_in(desk)
    identify(desk, entry)
    desk.undo(entry)
    assert (entry.patient_id, entry.visit_id, entry.state) == (None, None, "waiting")
    assert desk.visit.state is State.UNDONE
    assert desk.patient.last_visit_at is None
    identify(desk, entry)
    assert entry.patient_id == desk.patient.id
    assert_one_story(desk.session)


def test_undone_it_leaves_a_visit_that_had_another_ticket_alone(desk: Desk) -> None:
    first = desk.check_in(service_id=desk.other.id)
    entry = walk_in(desk)
    with pytest.raises(Invalid, match="here already"):
        identify(desk, entry)
    identify(desk, entry, is_confirmed=True)
    assert entry.visit_id == first.visit_id
    desk.undo(entry)
    assert (entry.visit_id, desk.visit.state) == (None, State.WAITING)


def test_who_waits_for_this_service_already_is_not_named_twice(desk: Desk) -> None:
    first = desk.check_in()
    entry = walk_in(desk)
    for is_confirmed in (False, True):
        with pytest.raises(Conflict, match=f"waits for this service already, with {first.ticket}"):
            identify(desk, entry, is_confirmed=is_confirmed)
    assert entry.patient_id is None


@pytest.mark.parametrize("ends", [(Step.CANCEL,), (Step.CALL, Step.FINISH), (Step.LEAVE,)])
def test_a_ticket_that_was_closed_meanwhile_stays_anonymous(desk: Desk, ends: tuple[Step, ...]) -> None:
    entry = desk.step(walk_in(desk), *ends)
    with pytest.raises(Conflict, match="was closed meanwhile"):
        identify(desk, entry)
    assert desk.session.scalars(select(Visit)).all() == []


def test_a_ticket_with_a_name_or_of_another_day_is_refused(desk: Desk) -> None:
    entry = walk_in(desk)
    old = desk.make.ticket(desk.service, now=desk.now - dt.timedelta(days=1))
    with pytest.raises(Conflict, match="was closed meanwhile"):
        identify(desk, old)
    identify(desk, entry)
    with pytest.raises(Conflict, match="Somebody has said meanwhile who"):
        identify(desk, entry, patient_id=desk.make.patient("Karim").id)


def test_somebody_elses_appointment_is_not_found(desk: Desk) -> None:
    booked = desk.book()
    with pytest.raises(NotFound):
        identify(desk, walk_in(desk), patient_id=desk.make.patient("Karim").id, appointment_id=booked.id)
