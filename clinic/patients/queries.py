"""Reads of patients."""

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from clinic.errors import Invalid, Merged, NotFound
from clinic.patients.models import Patient


def get_patient(session: Session, patient_id: int) -> Patient:
    """The patient with their practitioner, or NotFound; Merged for a record that lives on in another one."""
    query = select(Patient).options(joinedload(Patient.practitioner)).where(Patient.id == patient_id)
    patient = session.scalar(query)
    if patient is None:
        raise NotFound("There is no such patient.")
    return not_merged(patient)


def not_merged(patient: Patient) -> Patient:
    """The patient; raises Merged when the record lives on in another one."""
    if patient.merged_into_id is not None:
        raise Merged(_("This record was merged into another one."), patient.merged_into_id)
    return patient


def get_living(session: Session, patient_id: int) -> Patient:
    """As get_patient() for whom something new is to begin: Invalid for somebody recorded as dead."""
    return living(get_patient(session, patient_id))


def living(patient: Patient) -> Patient:
    """The patient. Raises Invalid when they are dead: the one rule that booking, check-in and all others ask."""
    if patient.is_deceased:
        raise Invalid(
            _("%(name)s is recorded as dead. If that is wrong, correct the record first.", name=patient.display_name)
        )
    return patient


def find_by_mrn(session: Session, mrn: str) -> int | None:
    """Who has this MRN, or had it before a merge: the number of the record that holds everything now."""
    holder = func.coalesce(Patient.merged_into_id, Patient.id)
    return session.scalar(select(holder).where(Patient.mrn == mrn))
