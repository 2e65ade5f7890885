"""What a day has left open."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session, joinedload, selectinload

from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentEvent
from clinic.appointments.queries import shown
from clinic.appointments.schedules.queries import list_open_hours
from clinic.clock import day_bounds, wall_time
from clinic.directory.models import Department, Service
from clinic.errors import NotFound
from clinic.patients.models import Patient
from clinic.queue.closing.models import ClosedStep, DayClosing
from clinic.queue.models import OPEN_STATES, QueueEntry, QueueEvent
from clinic.queue.notices.queries import list_hours
from clinic.visits.models import OPEN_STATES as VISITS_OPEN
from clinic.visits.models import State as VisitState
from clinic.visits.models import Visit
from clinic.visits.queries import list_ready_until, ready_until

CLOSINGS_SHOWN = 3
SHOWN = 50


@dataclass(frozen=True)
class DayEnd:
    """What is open at `day` and before, the first of each kind and how many there are.

    `appointments` are those that have begun and to which nobody came. The last six count people, each once: `waiting`
    have not been seen, `nameless` hold a ticket without a name, `seeing` are being seen, `ready` wait for their
    check-out, `missed` did not come, `to_come` are expected later that day. `people` are all of them but the last.
    """

    day: dt.date
    tickets: Sequence[QueueEntry]
    visits: Sequence[Visit]
    appointments: Sequence[Appointment]
    ticket_count: int
    visit_count: int
    appointment_count: int
    waiting: int
    nameless: int
    seeing: int
    ready: int
    missed: int
    to_come: int
    people: int

    @property
    def is_busy(self) -> bool:
        """People are here or still expected: closing now would surprise somebody."""
        return bool(self.waiting or self.nameless or self.seeing or self.to_come)

    @property
    def patient_ids(self) -> set[int | None]:
        """Everybody in it; None for tickets of nobody known."""
        return {row.patient_id for rows in (self.tickets, self.visits, self.appointments) for row in rows}


def get_day_end(session: Session, day: dt.date, *, now: dt.datetime) -> DayEnd:
    """What is still open, in a fixed number of queries however much it is."""
    missed = _expected(day).where(Appointment.starts_at <= now)
    nameless = _open_tickets(day).where(QueueEntry.visit_id.is_(None))
    return DayEnd(
        day=day,
        tickets=list_open_tickets(session, day, SHOWN),
        visits=list_ready_until(session, day, SHOWN),
        appointments=list_missed(session, day, now, SHOWN),
        ticket_count=_count(session, _open_tickets(day)),
        visit_count=_count(session, ready_until(day)),
        appointment_count=_count(session, missed),
        waiting=_people(session, _visits(day, VisitState.WAITING)),
        nameless=_count(session, nameless),
        seeing=_people(session, _visits(day, VisitState.IN_PROGRESS)),
        ready=_people(session, _visits(day, VisitState.READY)),
        missed=_people(session, _of_patients(missed)),
        to_come=_people(session, _of_patients(_expected(day).where(Appointment.starts_at > now))),
        people=_count(session, nameless) + _people(session, _visits(day, *VISITS_OPEN), _of_patients(missed)),
    )


def get_closing_time(session: Session, day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """By the opening hours, else by the hours of practitioners and rooms, else the end of the day."""
    closes = [hours.closes for hours in list_hours(session) if hours.weekday == day.weekday()]
    if closes:
        return wall_time(day, max(closes), zone)
    worked = [hours.ends_at for hours in list_open_hours(session, from_day=day, to_day=day, zone=zone)]
    return max(worked, default=day_bounds(day, zone)[1])


def find_closing(session: Session, *, day: dt.date, closed_at: dt.datetime, closed_by: str) -> DayClosing | None:
    """The closing that batches of one actor at one instant belong to."""
    query = select(DayClosing).filter_by(day=day, closed_at=closed_at, closed_by=closed_by)
    return session.scalar(query.order_by(DayClosing.id).limit(1))


def get_closing(session: Session, closing_id: int, *, lock: bool = False) -> DayClosing:
    """A closing, or NotFound. With `lock` nobody else takes it back until the transaction ends."""
    closing = session.get(DayClosing, closing_id, with_for_update=lock or None, populate_existing=True)
    if closing is None:
        raise NotFound(_("There is no such closing."))
    return closing


def is_here_again(session: Session, visit: Visit, *, closing_id: int) -> bool:
    """Whether the patient has an open visit that day which this closing did not end."""
    ended = select(ClosedStep.visit_id).where(ClosedStep.closing_id == closing_id, ClosedStep.visit_id.is_not(None))
    query = select(Visit.id).where(
        Visit.patient_id == visit.patient_id,
        Visit.day == visit.day,
        Visit.state.in_(VISITS_OPEN),
        Visit.id.not_in(ended),
    )
    return session.scalar(query.limit(1)) is not None


def list_closings(session: Session, limit: int = CLOSINGS_SHOWN) -> list[DayClosing]:
    """The latest closings with what each ended, newest first."""
    whole = selectinload(DayClosing.ends)
    query = select(DayClosing).options(
        whole.joinedload(ClosedStep.visit).joinedload(Visit.patient).load_only(Patient.display_name),
        whole.joinedload(ClosedStep.queue_event).load_only(QueueEvent.entry_id).joinedload(QueueEvent.entry),
        whole.joinedload(ClosedStep.appointment_event)
        .load_only(AppointmentEvent.appointment_id)
        .joinedload(AppointmentEvent.appointment)
        .joinedload(Appointment.patient)
        .load_only(Patient.display_name),
    )
    return list(session.scalars(query.order_by(DayClosing.id.desc()).limit(limit)))


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


def _visits(day: dt.date, *states: VisitState) -> Select[tuple[int]]:
    return select(Visit.patient_id).where(Visit.state.in_(states), Visit.day <= day)


def _of_patients(query: Select[tuple[Appointment]]) -> Select[Any]:
    return query.with_only_columns(Appointment.patient_id)


def _people(session: Session, *queries: Select[Any]) -> int:
    """How many patients, each counted once."""
    found = union(*queries).subquery()
    return session.scalar(select(func.count(found.c.patient_id.distinct()))) or 0


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
