"""Reads of visits; each names what it needs in a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import Appointment
from clinic.directory.models import Practitioner, Service
from clinic.errors import NotFound
from clinic.patients.models import Patient
from clinic.visits.models import OPEN_STATES, State, Visit


def get_visit(session: Session, visit_id: int, *, lock: bool = False) -> Visit:
    """The visit, or NotFound. With `lock` nobody else changes it until the transaction ends."""
    visit = session.get(Visit, visit_id, with_for_update=lock or None, populate_existing=True)
    if visit is None:
        raise NotFound(_("There is no such visit."))
    return visit


def find_visit_of_appointment(session: Session, appointment_id: int) -> Visit | None:
    """The visit that this appointment became, however it ended."""
    return session.scalar(select(Visit).where(Visit.appointment_id == appointment_id))


def find_open_visit(session: Session, patient_id: int, day: dt.date) -> Visit | None:
    """The patient's newest visit of this day that has not ended."""
    query = select(Visit).where(Visit.patient_id == patient_id, Visit.day == day, Visit.state.in_(OPEN_STATES))
    return session.scalar(query.order_by(Visit.id.desc()).limit(1))


def find_last_arrival(session: Session, patient_id: int) -> dt.datetime | None:
    """When the patient came last, mistakes apart; without any visit, what their chart said before the first one."""
    visits = select(Visit).where(Visit.patient_id == patient_id)
    arrived = visits.with_only_columns(func.max(Visit.arrived_at)).where(Visit.state != State.UNDONE)
    before = visits.with_only_columns(Visit.previous_visit_at).order_by(Visit.id).limit(1)
    return session.scalar(arrived) or session.scalar(before)


def lock_visits(session: Session, patient_id: int, day: dt.date) -> None:
    """Nobody else changes what this patient has of this day until the transaction ends."""
    query = select(Visit.id).where(Visit.patient_id == patient_id, Visit.day == day).order_by(Visit.id)
    session.execute(query.with_for_update())


def list_of_patient(session: Session, patient_id: int, limit: int = 50) -> list[Visit]:
    """A patient's latest visits, newest first; not those that were checked in by mistake."""
    query = _shown(select(Visit)).where(Visit.patient_id == patient_id, Visit.state != State.UNDONE)
    return list(session.scalars(query.order_by(Visit.day.desc(), Visit.id.desc()).limit(limit)))


def list_day(
    session: Session,
    day: dt.date,
    *,
    states: Sequence[State] | None = None,
    after: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[Visit]:
    """Visits of a day by arrival, after the (arrival, id) of the last one shown."""
    wanted = states or [state for state in State if state is not State.UNDONE]
    query = _shown(select(Visit)).where(Visit.day == day, Visit.state.in_(wanted))
    if after is not None:
        at, visit_id = after
        query = query.where((Visit.arrived_at > at) | ((Visit.arrived_at == at) & (Visit.id > visit_id)))
    return list(session.scalars(query.order_by(Visit.arrived_at, Visit.id).limit(limit)))


def count_states(session: Session, day: dt.date) -> dict[State, int]:
    """How many visits of a day are in each state; states without any are missing."""
    # Every state is named for the index, which begins with it.
    query = select(Visit.state, func.count()).where(Visit.state.in_(State), Visit.day == day).group_by(Visit.state)
    return dict(session.execute(query).tuples().all())


def ready_until(day: dt.date) -> Select[tuple[Visit]]:
    """Visits of this day or earlier that wait for their check-out."""
    return select(Visit).where(Visit.state == State.READY, Visit.day <= day)


def list_ready_until(session: Session, day: dt.date, limit: int) -> list[Visit]:
    """The first of them, oldest first."""
    return list(session.scalars(_shown(ready_until(day)).order_by(Visit.day, Visit.id).limit(limit)))


def _shown(query: Select[tuple[Visit]]) -> Select[tuple[Visit]]:
    """With what a list shows of a visit."""
    return query.options(
        joinedload(Visit.patient, innerjoin=True).load_only(Patient.display_name, Patient.mrn),
        joinedload(Visit.service, innerjoin=True).load_only(Service.name),
        joinedload(Visit.appointment).load_only(Appointment.starts_at, Appointment.state),
        joinedload(Visit.practitioner).load_only(Practitioner.display_name),
    )
