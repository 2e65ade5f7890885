"""What a day has left open."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment
from clinic.appointments.queries import shown
from clinic.directory.models import Department, Service
from clinic.patients.models import Patient
from clinic.queue.models import OPEN_STATES, QueueEntry
from clinic.visits.models import Visit
from clinic.visits.queries import list_ready_until, ready_until

SHOWN = 50


@dataclass(frozen=True)
class DayEnd:
    """What is open at `day` and before, the first of each kind and how many there are.

    `appointments` are those that have begun and to which nobody came; `to_come` counts those later that day.
    """

    day: dt.date
    tickets: Sequence[QueueEntry]
    visits: Sequence[Visit]
    appointments: Sequence[Appointment]
    ticket_count: int
    visit_count: int
    appointment_count: int
    to_come: int

    @property
    def count(self) -> int:
        return self.ticket_count + self.visit_count + self.appointment_count


def get_day_end(session: Session, day: dt.date, *, now: dt.datetime) -> DayEnd:
    """What is still open, in seven queries however much it is."""
    return DayEnd(
        day=day,
        tickets=list_open_tickets(session, day, SHOWN),
        visits=list_ready_until(session, day, SHOWN),
        appointments=list_missed(session, day, now, SHOWN),
        ticket_count=_count(session, _open_tickets(day)),
        visit_count=_count(session, ready_until(day)),
        appointment_count=_count(session, _expected(day).where(Appointment.starts_at <= now)),
        to_come=_count(session, _expected(day).where(Appointment.starts_at > now)),
    )


def list_open_tickets(session: Session, day: dt.date, limit: int) -> list[QueueEntry]:
    """Tickets of this day or earlier that are not closed, oldest first."""
    query = _open_tickets(day).options(
        joinedload(QueueEntry.service, innerjoin=True).load_only(Service.name),
        joinedload(QueueEntry.patient).load_only(Patient.display_name),
        joinedload(QueueEntry.visit).load_only(Visit.state),
    )
    return list(session.scalars(query.order_by(QueueEntry.id).limit(limit)))


def list_missed(session: Session, day: dt.date, now: dt.datetime, limit: int) -> list[Appointment]:
    """Appointments of this day or earlier that have begun and are still expected, oldest first."""
    query = shown(_expected(day)).where(Appointment.starts_at <= now)
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id).limit(limit)))


def _open_tickets(day: dt.date) -> Select[tuple[QueueEntry]]:
    # Named by department, so that the index of the boards finds the few that are open among all there ever were.
    departments = select(Department.id).scalar_subquery()
    return select(QueueEntry).where(
        QueueEntry.department_id.in_(departments), QueueEntry.state.in_(OPEN_STATES), QueueEntry.day <= day
    )


def _expected(day: dt.date) -> Select[tuple[Appointment]]:
    return select(Appointment).where(Appointment.state.in_(EXPECTED_STATES), Appointment.day <= day)


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
