"""Reads of patients."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.errors import NotFound
from clinic.patients.models import Patient


def get_patient(session: Session, patient_id: int) -> Patient:
    """The patient with their practitioner, or NotFound."""
    query = select(Patient).options(joinedload(Patient.practitioner)).where(Patient.id == patient_id)
    patient = session.scalar(query)
    if patient is None:
        raise NotFound("There is no such patient.")
    return patient


def find_by_idempotency_key(session: Session, key: str) -> Patient | None:
    """The patient an earlier submit of the same form made."""
    return session.scalar(select(Patient).where(Patient.idempotency_key == key))
