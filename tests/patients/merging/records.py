"""Two records of one person, and ways to merge them."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails
from clinic.patients.merging import service
from clinic.patients.merging.combining import Choice
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient, Sex
from tests.factories import NOW, TESTER
from tests.patients.records import PHONE, register

LATER = NOW + dt.timedelta(hours=1)
OTHER_PHONE = {"system": "phone", "value": "+33698765432", "typed": "06 98 76 54 32", "use": "mobile"}
ADAEZE = PatientDetails(
    family_name="Okafor",
    given_name="Adaeze",
    birth_date=dt.date(1990, 2, 1),
    telecoms=(PHONE,),
    notes="Prefers mornings",
    identifiers=(IdentifierDetails(kind="passport", value="X5363A"),),
    coverages=(CoverageDetails(payer="CPAM", member_number="290"),),
)
ADAESE = PatientDetails(
    family_name="Okafor",
    given_name="Adaese",
    birth_date=dt.date(1990, 2, 1),
    sex=Sex.FEMALE,
    telecoms=(PHONE, OTHER_PHONE),
    notes="Uses a wheelchair",
    identifiers=(IdentifierDetails(kind="passport", value="X 5363a"), IdentifierDetails(kind="other", value="Y7777B")),
    coverages=(CoverageDetails(payer="MGEN"),),
)


def two_records(session: Session) -> tuple[Patient, Patient]:
    return register(session, ADAEZE), register(session, ADAESE)


def merge(session: Session, survivor: Patient, other: Patient, **options: Any) -> PatientMerge:
    given: dict[str, Any] = {"choices": dict[str, Choice](), "actor": TESTER, "now": NOW, **options}
    with transaction(session):
        return service.merge_patients(session, survivor_id=survivor.id, merged_id=other.id, **given)


def undo(session: Session, done: PatientMerge, **options: Any) -> PatientMerge:
    given: dict[str, Any] = {"actor": TESTER, "now": LATER, **options}
    with transaction(session):
        return service.undo_merge(session, merge_id=done.id, **given)
