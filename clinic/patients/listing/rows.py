"""What a line of a patient list shows, read for many patients by one query."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, Select, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from clinic.directory.models import Practitioner
from clinic.patients.models import AlertLevel, Coverage, Patient, PatientAlert

_LEVELS = list(AlertLevel)


@dataclass(slots=True)
class PatientRow:
    """One line. `payer` is asked first today; `severity` is the place in AlertLevel of the worst alert not voided."""

    id: int
    mrn: str
    name: str
    birth_date: dt.date | None
    birth_precision: str
    sex: str
    telecoms: list[dict[str, Any]]
    is_active: bool
    is_deceased: bool
    deceased_on: dt.date | None
    deceased_precision: str
    last_visit_at: dt.datetime | None
    registered_at: dt.datetime
    practitioner: str | None
    payer: str | None
    severity: int | None

    @property
    def alert(self) -> AlertLevel | None:
        """The worst alert level, if there is an alert."""
        return None if self.severity is None else _LEVELS[self.severity]

    @property
    def phone(self) -> str | None:
        """The first number, as typed."""
        return next((t.get("typed") or t["value"] for t in self.telecoms if t["system"] != "email"), None)


def list_rows(session: Session, ids: Sequence[int], today: dt.date) -> list[PatientRow]:
    """The lines of these patients, in the order of `ids`."""
    if not ids:
        return []
    found = {row[0]: PatientRow(*row) for row in session.execute(_ROWS, {"ids": ids, "today": today})}
    return [found[patient_id] for patient_id in ids]


def valid_on(day: Any) -> Any:
    """The condition that a coverage is valid on a day."""
    return or_(Coverage.valid_from.is_(None), Coverage.valid_from <= day) & or_(
        Coverage.valid_until.is_(None), Coverage.valid_until >= day
    )


def _rows_query() -> Select[Any]:
    """Built once: parameters are `ids` and `today`."""
    payer = select(Coverage.payer).where(Coverage.patient_id == Patient.id, valid_on(bindparam("today", type_=Date)))
    payer = payer.order_by(Coverage.priority, Coverage.id).limit(1)
    severity = case({level: number for number, level in enumerate(_LEVELS)}, value=PatientAlert.level)
    worst = select(func.max(severity)).where(PatientAlert.patient_id == Patient.id, PatientAlert.voided_at.is_(None))
    table = Patient.__table__.c
    columns = [
        *(table.id, table.mrn, table.display_name, table.birth_date, table.birth_precision, table.sex, table.telecoms),
        *(
            table.is_active,
            table.is_deceased,
            table.deceased_on,
            table.deceased_precision,
            table.last_visit_at,
            table.registered_at,
        ),
        Practitioner.__table__.c.display_name.label("practitioner"),
        payer.correlate(Patient).scalar_subquery().label("payer"),
        worst.correlate(Patient).scalar_subquery().label("severity"),
    ]
    query = select(*columns).outerjoin_from(Patient.__table__, Practitioner.__table__)
    return query.where(table.id.in_(bindparam("ids", expanding=True)))


_ROWS = _rows_query()
