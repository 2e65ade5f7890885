"""What must hold whatever happened: calendar, board and visits say the same of every patient."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import PRESENT_STATES, Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.patients.models import Patient
from clinic.queue.models import QueueEntry
from clinic.queue.models import State as EntryState
from clinic.visits.models import State, Visit

GONE = (State.LEFT, State.CANCELLED, State.UNDONE)
AT_THE_CALENDAR = {
    State.WAITING: AppointmentState.ARRIVED,
    State.IN_PROGRESS: AppointmentState.IN_PROGRESS,
    State.READY: AppointmentState.FULFILLED,
    State.FINISHED: AppointmentState.FULFILLED,
}


def assert_one_story(session: Session) -> None:
    """Compare every visit with its tickets, and every appointment with its visit."""
    session.expire_all()
    tickets: dict[int, list[QueueEntry]] = defaultdict(list)
    for entry in session.scalars(select(QueueEntry).where(QueueEntry.patient_id.is_not(None))):
        assert entry.visit_id is not None
        tickets[entry.visit_id].append(entry)
    visits = {visit.id: visit for visit in session.scalars(select(Visit))}
    assert set(tickets) <= set(visits)
    for visit in visits.values():
        if tickets[visit.id]:
            _compare_with_tickets(visit, tickets[visit.id])
        else:  # the ticket was somebody else's after all
            assert visit.state is State.UNDONE
    by_appointment = {v.appointment_id: v for v in visits.values() if v.appointment_id}
    for appointment in session.scalars(select(Appointment)):
        _compare_with_visit(appointment, by_appointment.get(appointment.id))
    for patient in session.scalars(select(Patient)):
        _compare_with_chart(patient, [visit for visit in visits.values() if visit.patient_id == patient.id])


def _compare_with_tickets(visit: Visit, entries: list[QueueEntry]) -> None:
    assert {(e.patient_id, e.day) for e in entries} == {(visit.patient_id, visit.day)}
    is_seen = any(e.served_at for e in entries)
    if any(e.is_open for e in entries):
        assert visit.state is (State.IN_PROGRESS if is_seen else State.WAITING)
        assert visit.ended_at is None
    elif is_seen:
        assert visit.state is (State.FINISHED if visit.checked_out_at else State.READY)
    else:
        assert visit.state in GONE
        assert (visit.state is State.LEFT) == any(e.state is EntryState.NO_SHOW for e in entries)
        assert (visit.state is State.UNDONE) == all(e.is_withdrawn for e in entries)
    assert bool(visit.checked_out_at) == (visit.state is State.FINISHED)
    assert visit.started_at == min((e.served_at for e in entries if e.served_at), default=None)
    if not visit.is_open:
        assert visit.ended_at == max(e.finished_at for e in entries if e.finished_at)


def _compare_with_visit(appointment: Appointment, visit: Visit | None) -> None:
    """An appointment that is present or fulfilled is so by a visit of its day; a visit that ended unseen leaves it."""
    is_told = visit is not None and visit.day == appointment.day and visit.state not in GONE
    if is_told:
        assert visit is not None
        assert appointment.state is AT_THE_CALENDAR[visit.state]
    else:
        assert appointment.state not in (*PRESENT_STATES, AppointmentState.FULFILLED)


def _compare_with_chart(patient: Patient, visits: list[Visit]) -> None:
    """The patient was here last when they came last, unless that was a mistake."""
    came = [visit.arrived_at for visit in visits if visit.state is not State.UNDONE]
    if came:
        assert patient.last_visit_at == max(came)
    else:
        assert patient.last_visit_at not in [visit.arrived_at for visit in visits]
