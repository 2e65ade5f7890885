"""Visits: one row each, by day and arrival; not those that were checked in by mistake."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from clinic.directory.models import Practitioner, Service
from clinic.exports.datasets.columns import Column, Source, day, instant, plain, referred
from clinic.exports.datasets.dataset import Dataset, Filters, day_of
from clinic.exports.files.cells import CellKind
from clinic.exports.models import ExportKind
from clinic.patients.models import Patient
from clinic.visits.models import State, Visit

_INSTANTS = ("arrived_at", "started_at", "ended_at")


def _sources(zone: ZoneInfo) -> dict[str, Source]:
    return {
        "day": day(Visit.day),
        "state": plain(Visit.state),
        **{name: instant(getattr(Visit, name), zone) for name in _INSTANTS},
        "service": referred(Service.name, Service, Visit.service_id),
        "practitioner": referred(Practitioner.display_name, Practitioner, Visit.practitioner_id),
        "mrn": referred(Patient.mrn, Patient, Visit.patient_id),
        "patient": referred(Patient.display_name, Patient, Visit.patient_id),
    }


_COLUMNS = (
    Column("day", _l("Day"), ("day",), CellKind.DATE, is_default=True),
    Column("arrived_at", _l("Arrived"), ("arrived_at",), CellKind.INSTANT, is_default=True),
    Column("started_at", _l("Started"), ("started_at",), CellKind.INSTANT, is_default=True),
    Column("ended_at", _l("Ended"), ("ended_at",), CellKind.INSTANT, is_default=True),
    Column("state", _l("State"), ("state",), CellKind.CODE, is_default=True),
    Column("service", _l("Service"), ("service",), is_default=True),
    Column("practitioner", _l("Practitioner"), ("practitioner",), is_default=True),
    Column("mrn", _l("MRN"), ("mrn",), is_default=True),
    Column("patient", _l("Patient"), ("patient",)),
)


def _rows(filters: Filters, _zone: ZoneInfo) -> Select[Any]:
    query = select(Visit).where(Visit.state != State.UNDONE).order_by(Visit.day, Visit.arrived_at, Visit.id)
    since, until = day_of(filters, "since"), day_of(filters, "until")
    if since:
        query = query.where(Visit.day >= since)
    return query.where(Visit.day <= until) if until else query


VISITS = Dataset(
    kind=ExportKind.VISITS,
    label=_l("Visits"),
    permission="visits.view",
    columns=_COLUMNS,
    sources=_sources,
    rows=_rows,
)
