"""What a line of a patient list shows, read for many patients by a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clinic.directory.models import Practitioner
from clinic.patients.models import AlertLevel, Coverage, Patient, PatientAlert

_SEVERITY = {level: number for number, level in enumerate(AlertLevel)}
_COLUMNS = (
    Patient.id,
    Patient.mrn,
    Patient.display_name,
    Patient.birth_date,
    Patient.birth_precision,
    Patient.sex,
    Patient.telecoms,
    Patient.is_active,
    Patient.deceased_on,
    Patient.last_visit_at,
    Patient.registered_at,
    Practitioner.display_name,
)


@dataclass(slots=True)
class PatientRow:
    """One line. `payer` is asked first today; `alert` is the most severe level that is not voided."""

    id: int
    mrn: str
    name: str
    birth_date: dt.date | None
    birth_precision: str
    sex: str
    telecoms: list[dict[str, Any]]
    is_active: bool
    deceased_on: dt.date | None
    last_visit_at: dt.datetime | None
    registered_at: dt.datetime
    practitioner: str | None
    payer: str | None = None
    alert: str | None = None

    @property
    def phone(self) -> str | None:
        """The first number, as typed."""
        return next((t.get("typed") or t["value"] for t in self.telecoms if t["system"] != "email"), None)


def list_rows(session: Session, ids: Sequence[int], today: dt.date) -> list[PatientRow]:
    """The lines of these patients, in the order of `ids`: three queries, however many."""
    if not ids:
        return []
    query = select(*_COLUMNS).outerjoin(Practitioner, Practitioner.id == Patient.practitioner_id)
    rows = {row[0]: PatientRow(*row) for row in session.execute(query.where(Patient.id.in_(ids)))}
    for patient_id, payer in session.execute(_payers(ids, today)):
        if rows[patient_id].payer is None:
            rows[patient_id].payer = payer
    alerts = select(PatientAlert.patient_id, PatientAlert.level)
    for patient_id, level in session.execute(
        alerts.where(PatientAlert.patient_id.in_(ids), PatientAlert.voided_at.is_(None))
    ):
        row = rows[patient_id]
        if row.alert is None or _SEVERITY[level] > _SEVERITY[AlertLevel(row.alert)]:
            row.alert = level.value
    return [rows[patient_id] for patient_id in ids]


def valid_on(day: dt.date) -> Any:
    """The condition that a coverage is valid on a day."""
    return or_(Coverage.valid_from.is_(None), Coverage.valid_from <= day) & or_(
        Coverage.valid_until.is_(None), Coverage.valid_until >= day
    )


def _payers(ids: Sequence[int], today: dt.date) -> Any:
    query = select(Coverage.patient_id, Coverage.payer).where(Coverage.patient_id.in_(ids), valid_on(today))
    return query.order_by(Coverage.patient_id, Coverage.priority, Coverage.id)
