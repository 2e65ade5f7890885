"""What becomes of an appointment, by staff and by its visit; the table of transitions decides."""

import datetime as dt
import itertools
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments import service
from clinic.appointments.conflicts import SlotTaken
from clinic.appointments.models import TRANSITIONS, Appointment, AppointmentEvent, CancelledBy, State, Step
from clinic.appointments.queries import list_events
from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.errors import Conflict, NotFound
from tests.appointments.conftest import Clinic, at
from tests.factories import NOW, TESTER, ZONE


def do(session: Session, verb: Any, appointment: Appointment, **values: Any) -> Any:
    given = {"appointment_id": appointment.id, "expected_version": appointment.version, "actor": TESTER, "now": NOW}
    with transaction(session):
        return verb(session, **{**given, **values})


def cancel(session: Session, appointment: Appointment, by: CancelledBy = CancelledBy.PATIENT, **values: Any) -> Any:
    return do(session, service.cancel_appointment, appointment, cancelled_by=by, **values)


def follow(session: Session, appointment: Appointment, *states: State, now: dt.datetime = NOW) -> Appointment:
    for state in states:
        with transaction(session):
            service.follow_visit(session, appointment=appointment, state=state, actor=TESTER, now=now)
    return appointment


def test_confirming_is_noted_in_history_and_audit(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    do(session, service.confirm_appointment, booked)
    assert (booked.state, booked.version) == (State.CONFIRMED, 2)
    steps = [event.step for event in list_events(session, [booked.id])[booked.id]]
    assert steps == [Step.BOOK, Step.CONFIRM]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.patient_id, entry.after) == (
        "appointments.confirm",
        clinic.patient.id,
        {"state": "confirmed"},
    )


@pytest.mark.parametrize(
    ("by", "hours", "late"),
    [(CancelledBy.PATIENT, 25, False), (CancelledBy.PATIENT, 23, True), (CancelledBy.CLINIC, 1, False)],
)
def test_a_cancellation_says_by_whom_and_whether_it_was_late(
    clinic: Clinic, session: Session, by: CancelledBy, hours: int, late: bool
) -> None:
    booked = clinic.book(at(10))
    cancel(session, booked, by, reason="Ill", now=at(10) - dt.timedelta(hours=hours))
    assert (booked.state, booked.cancelled_by, booked.is_late_cancel) == (State.CANCELLED, by, late)
    assert booked.cancel_reason == "Ill"


def test_restoring_takes_the_time_back_unless_it_is_gone(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    cancel(session, booked)
    do(session, service.restore_appointment, booked, zone=ZONE)
    assert (booked.state, booked.cancelled_by, booked.cancel_reason) == (State.BOOKED, None, None)
    cancel(session, booked)
    clinic.book(at(10), patient=clinic.make.patient("Luc"))
    with pytest.raises(SlotTaken):
        do(session, service.restore_appointment, booked, zone=ZONE)


def test_nobody_misses_what_has_not_begun(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    with pytest.raises(Conflict, match="not begun"):
        do(session, service.mark_no_show, booked, now=at(9, 59))
    do(session, service.mark_no_show, booked, now=at(10, 20))
    assert booked.state is State.NO_SHOW


def test_who_has_arrived_is_not_cancelled_or_moved_here(clinic: Clinic, session: Session) -> None:
    booked = follow(session, clinic.book(at(10)), State.ARRIVED)
    for verb, values in (
        (service.cancel_appointment, {"cancelled_by": CancelledBy.CLINIC}),
        (service.mark_no_show, {"now": at(11)}),
        (service.confirm_appointment, {}),
    ):
        with pytest.raises(Conflict, match="changed by somebody"):
            do(session, verb, booked, **values)
    assert booked.state is State.ARRIVED


@pytest.mark.parametrize("step", [Step.CONFIRM, Step.CANCEL, Step.NO_SHOW])
def test_a_step_can_be_undone_completely(clinic: Clinic, session: Session, step: Step) -> None:
    booked = clinic.book(at(10))
    verbs: dict[Step, tuple[Any, dict[str, Any]]] = {
        Step.CONFIRM: (service.confirm_appointment, {}),
        Step.CANCEL: (service.cancel_appointment, {"cancelled_by": CancelledBy.PATIENT, "reason": "Ill"}),
        Step.NO_SHOW: (service.mark_no_show, {"now": at(11)}),
    }
    columns = [c.key for c in Appointment.__table__.columns if c.key != "version"]
    before = {name: getattr(booked, name) for name in columns}
    event = do(session, verbs[step][0], booked, **verbs[step][1])
    with transaction(session):
        service.undo_step(session, event_id=event.id, actor=TESTER, now=NOW, zone=ZONE)
    assert {name: getattr(booked, name) for name in columns} == before
    with pytest.raises(Conflict, match="no longer be undone"), transaction(session):
        service.undo_step(session, event_id=event.id, actor=TESTER, now=NOW, zone=ZONE)


def test_undoing_a_cancellation_whose_time_was_given_away_is_refused(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    event = cancel(session, booked)
    clinic.book(at(10), patient=clinic.make.patient("Luc"))
    with pytest.raises(SlotTaken), transaction(session):
        service.undo_step(session, event_id=event.id, actor=TESTER, now=NOW, zone=ZONE)
    assert booked.state is State.CANCELLED


def test_booking_and_the_steps_of_a_visit_are_not_undone_here(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    with pytest.raises(NotFound), transaction(session):
        service.undo_step(session, event_id=0, actor=TESTER, now=NOW, zone=ZONE)
    follow(session, booked, State.ARRIVED)
    for event in session.scalars(select(AppointmentEvent)).all():
        with pytest.raises(Conflict), transaction(session):
            service.undo_step(session, event_id=event.id, actor=TESTER, now=NOW, zone=ZONE)


def test_a_note_is_kept_in_whatever_state(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    cancel(session, booked, reason="Ill")
    do(session, service.edit_note, booked, note="Will ring again")
    assert (booked.note, booked.state, booked.cancel_reason) == ("Will ring again", State.CANCELLED, "Ill")


def test_every_pair_of_states_a_visit_can_report_is_followed(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    reported = (State.ARRIVED, State.IN_PROGRESS, State.FULFILLED, State.CANCELLED, State.NO_SHOW, State.BOOKED)
    for before, after in itertools.permutations(reported, 2):
        assert follow(session, booked, before, after).state is after


def test_following_the_same_state_again_writes_nothing(clinic: Clinic, session: Session) -> None:
    booked = follow(session, clinic.book(at(10)), State.ARRIVED, State.ARRIVED)
    assert len(list_events(session, [booked.id])[booked.id]) == 2
    assert booked.version == 2


def test_undoing_an_arrival_makes_it_confirmed_again_if_it_was(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(at(10))
    do(session, service.confirm_appointment, booked)
    follow(session, booked, State.ARRIVED, State.IN_PROGRESS, State.BOOKED)
    assert booked.state is State.CONFIRMED
    assert follow(session, booked, State.BOOKED).version == booked.version


def test_leaving_unseen_is_a_cancellation_by_the_patient(clinic: Clinic, session: Session) -> None:
    booked = follow(session, clinic.book(at(10)), State.ARRIVED, State.CANCELLED)
    assert (booked.cancelled_by, booked.cancel_reason) == (CancelledBy.PATIENT, "Left without being seen")
    follow(session, booked, State.ARRIVED)
    assert (booked.cancelled_by, booked.cancel_reason, booked.is_late_cancel) == (None, None, False)


def test_who_comes_after_the_time_was_given_away_is_not_refused(clinic: Clinic, session: Session) -> None:
    missed = clinic.book(at(10))
    do(session, service.mark_no_show, missed, now=at(10, 20))
    clinic.book(at(10), patient=clinic.make.patient("Luc"))
    follow(session, missed, State.ARRIVED)
    assert (missed.state, missed.double_booking_reason) == (
        State.ARRIVED,
        "Came after the time had been given away",
    )


def test_the_table_names_every_step_but_the_first_and_undo() -> None:
    assert set(TRANSITIONS) == set(Step) - {Step.BOOK, Step.UNDO}
