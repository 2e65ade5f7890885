"""Who somebody at a kiosk says they are."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.crypto import key_ring
from clinic.directory.models import Service
from clinic.directory.queries import list_services
from clinic.patients.models import BirthPrecision, Patient
from clinic.patients.queries import find_by_mrn
from clinic.patients.search.candidates import phones_ending
from clinic.phones import digits
from clinic.queue.checkin.queries import list_for_check_in
from clinic.queue.kiosk.models import Kiosk

# What a phone number is looked up by; the whole number is compared afterwards.
TAIL = 7


@dataclass(frozen=True)
class Claim:
    """Who somebody says they are: the MRN of their card or a phone number (E.164), and the birth date that belongs to
    it."""

    mrn: str | None = None
    phone: str | None = None
    birth_date: dt.date | None = None

    def digest(self, *context: object) -> str:
        """The same for the same claim in the same context; tells nothing without the key."""
        parts = (*context, self.mrn, self.phone, self.birth_date)
        return key_ring().blind_index("kiosk", "|".join(str(part or "") for part in parts)).hex()


def list_offered(session: Session, kiosk: Kiosk) -> list[Service]:
    """The services a kiosk gives tickets for."""
    ids = {department.id for department in kiosk.departments}
    return [service for service in list_services(session) if service.department_id in ids]


def find_claimed(session: Session, claim: Claim) -> int | None:
    """The one patient of the clinic who fits; None when nobody does, or more than one."""
    if claim.birth_date is None:
        return None
    fitting = select(Patient).where(
        Patient.is_active,
        Patient.merged_into_id.is_(None),
        Patient.is_deceased.is_(False),
        Patient.birth_date == claim.birth_date,
        Patient.birth_precision == BirthPrecision.DAY,
    )
    if claim.mrn:
        holder = find_by_mrn(session, claim.mrn)
        return session.scalar(fitting.with_only_columns(Patient.id).where(Patient.id == holder))
    if not claim.phone:
        return None
    tail = digits(claim.phone)[-TAIL:]
    ids = phones_ending(session, [tail])[tail]
    born = session.scalars(fitting.where(Patient.id.in_(ids)))
    found = [patient.id for patient in born if _has_phone(patient, claim.phone)]
    return found[0] if len(found) == 1 else None


def _has_phone(patient: Patient, phone: str) -> bool:
    return any(telecom["system"] == "phone" and telecom["value"] == phone for telecom in patient.telecoms)


def find_due(
    session: Session, patient_id: int, department_id: int, *, day: dt.date, now: dt.datetime
) -> Appointment | None:
    """The appointment of this day in this department that is nearest to now."""
    due = [a for a in list_for_check_in(session, patient_id, day) if a.service.department_id == department_id]
    return min(due, key=lambda a: abs(a.starts_at - now), default=None)
