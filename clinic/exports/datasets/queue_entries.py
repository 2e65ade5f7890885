"""Queue entries: one row a ticket, by day and arrival."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from clinic.directory.models import Department, Room, Service
from clinic.exports.datasets.columns import Batch, Column, Source, day, instant, number, plain, referred, sealed_text
from clinic.exports.datasets.dataset import Dataset, Filters, day_of
from clinic.exports.files.cells import CellKind, Values
from clinic.exports.models import ExportKind
from clinic.patients.models import Patient
from clinic.queue.models import QueueEntry, ticket_name

_INSTANTS = ("joined_at", "called_at", "started_at", "finished_at")


def _tickets(prefixes: Batch, numbers: Batch) -> Values:
    return [ticket_name(prefix, int(number)) for prefix, number in zip(prefixes, numbers, strict=True)]


def _sources(zone: ZoneInfo) -> dict[str, Source]:
    return {
        "day": day(QueueEntry.day),
        "number": number(QueueEntry.number),
        "call_count": number(QueueEntry.call_count),
        **{name: plain(getattr(QueueEntry, name)) for name in ("prefix", "lane", "state")},
        **{name: instant(getattr(QueueEntry, name), zone) for name in _INSTANTS},
        "department": referred(Department.name, Department, QueueEntry.department_id),
        "service": referred(Service.name, Service, QueueEntry.service_id),
        "room": referred(Room.name, Room, QueueEntry.room_id),
        "mrn": referred(Patient.mrn, Patient, QueueEntry.patient_id),
        "patient": referred(Patient.display_name, Patient, QueueEntry.patient_id),
        "cancel_reason": sealed_text(QueueEntry.cancel_reason, "queue_entries.cancel_reason"),
    }


_COLUMNS = (
    Column("day", _l("Day"), ("day",), CellKind.DATE, is_default=True),
    Column("ticket", _l("Ticket"), ("prefix", "number"), fill=_tickets, is_default=True),
    Column("department", _l("Department"), ("department",), is_default=True),
    Column("service", _l("Service"), ("service",), is_default=True),
    Column("room", _l("Room"), ("room",), is_default=True),
    Column("lane", _l("Lane"), ("lane",), CellKind.CODE, is_default=True),
    Column("state", _l("State"), ("state",), CellKind.CODE, is_default=True),
    Column("joined_at", _l("Joined"), ("joined_at",), CellKind.INSTANT, is_default=True),
    Column("called_at", _l("Called"), ("called_at",), CellKind.INSTANT, is_default=True),
    Column("started_at", _l("Started"), ("started_at",), CellKind.INSTANT, is_default=True),
    Column("finished_at", _l("Finished"), ("finished_at",), CellKind.INSTANT, is_default=True),
    Column("call_count", _l("Calls"), ("call_count",), CellKind.NUMBER),
    Column("mrn", _l("MRN"), ("mrn",), is_default=True),
    Column("patient", _l("Patient"), ("patient",)),
    Column("cancel_reason", _l("Reason of cancelling"), ("cancel_reason",)),
)


def _rows(filters: Filters, _zone: ZoneInfo) -> Select[Any]:
    query = select(QueueEntry).order_by(QueueEntry.day, QueueEntry.id)
    since, until = day_of(filters, "since"), day_of(filters, "until")
    if since:
        query = query.where(QueueEntry.day >= since)
    if until:
        query = query.where(QueueEntry.day <= until)
    if filters.get("department"):
        query = query.where(QueueEntry.department_id == filters["department"])
    if filters.get("state"):
        query = query.where(QueueEntry.state == filters["state"])
    return query


QUEUE_ENTRIES = Dataset(
    kind=ExportKind.QUEUE_ENTRIES,
    label=_l("Queue entries"),
    permission="queue.view",
    columns=_COLUMNS,
    sources=_sources,
    rows=_rows,
)
