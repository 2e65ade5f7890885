"""Reads of a day: three queries, however many come."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.desk.today.rows import GROUP_OF_APPOINTMENT, GROUP_OF_ENTRY, GROUP_OF_VISIT, Group, Line
from clinic.directory.models import Practitioner, Room, Service
from clinic.patients.models import Patient
from clinic.queue.models import OPEN_STATES, QueueEntry, ticket_name
from clinic.queue.models import State as EntryState
from clinic.visits.models import State as VisitState
from clinic.visits.models import Visit

# Of several open tickets of a visit, the one that says most of where the patient is.
_TELLING = (EntryState.IN_SERVICE, EntryState.CALLED, EntryState.WAITING, EntryState.ON_HOLD)


def list_lines(session: Session, day: dt.date) -> list[Line]:
    """Everyone of a day in the order of their groups; not those checked in by mistake."""
    appointments = {row.id: row for row in session.execute(_appointments(day))}
    visits = session.execute(_visits(day)).all()
    entries = session.execute(_entries(day)).all()
    by_visit: dict[int, Row[Any]] = {}
    for entry in sorted(entries, key=lambda e: _TELLING.index(e.state) if e.state in _TELLING else 9, reverse=True):
        if entry.visit_id:
            by_visit[entry.visit_id] = entry
    lines = [
        *(_of_visit(visit, appointments.pop(visit.appointment_id, None), by_visit.get(visit.id)) for visit in visits),
        *(_of_appointment(appointment) for appointment in appointments.values()),
        *_of_walk_ins(entries),
    ]
    return sorted(lines, key=lambda line: (line.group, *line.order))


def _appointments(day: dt.date) -> Select[Any]:
    columns = (Appointment.id, Appointment.state, Appointment.starts_at, Appointment.version, Appointment.patient_id)
    return _named(select(*columns, Appointment.practitioner_id), Appointment).where(Appointment.day == day)


def _visits(day: dt.date) -> Select[Any]:
    times = (Visit.arrived_at, Visit.started_at, Visit.ended_at, Visit.checked_out_at)
    columns = (Visit.id, Visit.state, Visit.patient_id, Visit.appointment_id, Visit.practitioner_id)
    shown = (state for state in VisitState if state is not VisitState.UNDONE)
    # Every state is named for the index, which begins with it.
    return _named(select(*columns, *times), Visit).where(Visit.state.in_(shown), Visit.day == day)


def _named(query: Select[Any], model: type[Appointment] | type[Visit]) -> Select[Any]:
    """With patient, service and practitioner of each row."""
    query = query.add_columns(*_SHOWN, *_WHO)
    query = query.join(Patient, Patient.id == model.patient_id).join(Service, Service.id == model.service_id)
    return query.outerjoin(Practitioner, Practitioner.id == model.practitioner_id)


def _entries(day: dt.date) -> Select[Any]:
    """Tickets that are open, and those of nobody known."""
    named = (QueueEntry.id, QueueEntry.state, QueueEntry.visit_id, QueueEntry.prefix, QueueEntry.number)
    times = (QueueEntry.joined_at, QueueEntry.called_at, QueueEntry.started_at, QueueEntry.finished_at)
    query = select(*named, *times, QueueEntry.lane, QueueEntry.is_claimed, Room.name.label("room"), *_SHOWN)
    query = query.join(Service, Service.id == QueueEntry.service_id).outerjoin(Room, Room.id == QueueEntry.room_id)
    is_anonymous = QueueEntry.visit_id.is_(None)
    return query.where(QueueEntry.day == day, QueueEntry.state.in_(OPEN_STATES) | is_anonymous)


_SHOWN = (Service.name.label("service"), Service.department_id)
_WHO = (
    Patient.display_name.label("name"),
    Patient.search_name,
    Patient.mrn,
    Patient.is_deceased,
    Practitioner.display_name.label("practitioner"),
)


def _shared(row: Row[Any]) -> dict[str, Any]:
    return {
        "name": row.name,
        "mrn": row.mrn,
        "text": f"{row.search_name}{row.mrn}",
        "patient_id": row.patient_id,
        "service": row.service,
        "department_id": row.department_id,
        "practitioner_id": row.practitioner_id,
        "practitioner": row.practitioner,
        "is_deceased": row.is_deceased,
    }


def _of_appointment(row: Row[Any]) -> Line:
    return Line(
        id=f"appointment-{row.id}",
        group=GROUP_OF_APPOINTMENT[row.state],
        at=row.starts_at,
        **_shared(row),
        **_kept_time(row),
    )


def _kept_time(row: Row[Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "appointment_id": row.id,
        "appointment_version": row.version,
        "appointment_state": row.state,
        "starts_at": row.starts_at,
    }


def _of_visit(row: Row[Any], appointment: Row[Any] | None, entry: Row[Any] | None) -> Line:
    group = GROUP_OF_VISIT[row.state]
    shared, ticket = _shared(row), _ticket(entry)
    if entry is not None:
        shared["text"] += f" {ticket['ticket'].lower()}"
    at = {Group.SEEING: row.started_at, Group.DONE: row.checked_out_at or row.ended_at, Group.MISSED: row.ended_at}
    return Line(
        # One line for both, so that the focus stays with a patient who is checked in.
        id=f"appointment-{appointment.id}" if appointment else f"visit-{row.id}",
        group=group,
        at=at.get(group) or row.arrived_at,
        visit_id=row.id,
        visit_state=row.state,
        **shared,
        **_kept_time(appointment),
        **ticket,
    )


def _ticket(entry: Row[Any] | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {
        "entry_id": entry.id,
        "entry_state": entry.state,
        "ticket": ticket_name(entry.prefix, entry.number),
        "lane": entry.lane,
        "room": entry.room,
        "called_at": entry.called_at,
        "is_claimed": entry.is_claimed,
    }


def _of_walk_ins(entries: Any) -> Iterator[Line]:
    """Tickets of nobody known, by their own course."""
    for entry in entries:
        if entry.visit_id is None:
            group = GROUP_OF_ENTRY[entry.state]
            at = {Group.SEEING: entry.started_at, Group.DONE: entry.finished_at, Group.MISSED: entry.finished_at}
            yield Line(
                id=f"entry-{entry.id}",
                group=group,
                at=at.get(group) or entry.joined_at,
                name="",
                mrn="",
                text=ticket_name(entry.prefix, entry.number).lower(),
                patient_id=None,
                service=entry.service,
                department_id=entry.department_id,
                **_ticket(entry),
            )
