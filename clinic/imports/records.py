"""The two kinds of records that are imported, written alike."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.directory.practitioners import service as practitioners
from clinic.directory.practitioners.queries import get_practitioner
from clinic.directory.practitioners.service import PractitionerDetails
from clinic.errors import Conflict, DomainError
from clinic.imports.queries import Origin
from clinic.imports.rows import Row
from clinic.patients import details as patient_details
from clinic.patients import service as patients
from clinic.patients.details import PatientDetails

Details = TypeVar("Details", PatientDetails, PractitionerDetails)
Written = tuple[int, int] | DomainError


class Records(ABC, Generic[Details]):
    """How records of one kind are written; `column` of ImportOrigin points to them."""

    kind: str
    column: str

    @abstractmethod
    def create(self, session: Session, rows: Sequence[Row], actor: Actor, now: dt.datetime) -> list[Written]:
        """New records; for each row its (id, version), or why it was refused."""

    @abstractmethod
    def update(self, session: Session, origin: Origin, row: Row, actor: Actor, now: dt.datetime) -> int:
        """Write what the source says over the record; returns its version.

        Raises Conflict when a person changed it here since the last import, Invalid for what may not be.
        """

    def _merged(self, row: Row, old: Details) -> Details:
        """What is known, with what the source speaks of replaced."""
        return replace(old, **{name: getattr(row.details, name) for name in row.supplied})


def _refuse_local_change(version: int, origin: Origin) -> None:
    if version != origin.version:
        raise Conflict(_("This record was changed here since the last import; it stays as it is."))


class Patients(Records[PatientDetails]):
    kind, column = "patient", "patient_id"

    def create(self, session: Session, rows: Sequence[Row], actor: Actor, now: dt.datetime) -> list[Written]:
        batch = [row.prepared or cast(PatientDetails, row.details) for row in rows]
        ids = patients.register_patients(session, batch=batch, actor=actor, now=now)
        return [(i, self._set_active(session, i, row, actor, now, 1)) for i, row in zip(ids, rows, strict=True)]

    def update(self, session: Session, origin: Origin, row: Row, actor: Actor, now: dt.datetime) -> int:
        patient = patients.lock_patient(session, origin.record_id)
        _refuse_local_change(patient.version, origin)
        patients.update_patient(
            session,
            patient_id=patient.id,
            details=self._merged(row, patient_details.details_of(patient)),
            expected_version=None,
            actor=actor,
            now=now,
        )
        if patient.is_active == row.is_active or row.is_active is None:
            return patient.version
        if row.is_active:
            patients.reactivate_patient(session, patient_id=patient.id, reason=_reason(), actor=actor, now=now)
        return self._set_active(session, patient.id, row, actor, now, patient.version)

    def _set_active(
        self, session: Session, patient_id: int, row: Row, actor: Actor, now: dt.datetime, version: int
    ) -> int:
        if row.is_active is not False:
            return version
        deactivated = patients.deactivate_patient(
            session, patient_id=patient_id, reason=_reason(), actor=actor, now=now
        )
        return deactivated.version


class Practitioners(Records[PractitionerDetails]):
    kind, column = "practitioner", "practitioner_id"

    def create(self, session: Session, rows: Sequence[Row], actor: Actor, now: dt.datetime) -> list[Written]:
        return [self._create_one(session, row, actor, now) for row in rows]

    def _create_one(self, session: Session, row: Row, actor: Actor, now: dt.datetime) -> Written:
        try:
            details: Any = row.details
            made = practitioners.create_practitioner(session, details=details, actor=actor, now=now)
        except DomainError as error:
            return error
        return made.id, made.version

    def update(self, session: Session, origin: Origin, row: Row, actor: Actor, now: dt.datetime) -> int:
        practitioner = get_practitioner(session, origin.record_id, lock=True)
        _refuse_local_change(practitioner.version, origin)
        details = self._merged(row, practitioners.details_of(practitioner))
        practitioners.update_practitioner(
            session, practitioner_id=practitioner.id, details=details, expected_version=None, actor=actor, now=now
        )
        return practitioner.version


def _reason() -> str:
    return str(_("The source says so (import)."))


PATIENTS, PRACTITIONERS = Patients(), Practitioners()
