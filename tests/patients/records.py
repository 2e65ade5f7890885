"""A complete patient for tests of this area, and ways to write and read one."""

import re
from html import unescape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.patients import service
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails
from clinic.patients.models import Patient
from tests.factories import NOW, TESTER

PHONE = {"system": "phone", "value": "+33612345678", "typed": "06 12 34 56 78", "use": "mobile"}
FULL = PatientDetails(
    family_name="Núñez de Balboa",
    given_name="María José",
    telecoms=(PHONE,),
    addresses=({"lines": ["4 rue des Lilas"], "city": "Lyon", "postal_code": "69003", "country": "FR", "use": "home"},),
    contacts=({"name": "Íñigo Núñez", "relationship": "brother", "phone": "+33611111111"},),
    notes="Prefers mornings",
    identifiers=(IdentifierDetails(kind="passport", value="X53631011X", issuer="ES"),),
    coverages=(CoverageDetails(payer="CPAM", member_number="2820769123456"),),
)


def register(session: Session, details: PatientDetails = FULL, **options: Any) -> Patient:
    with transaction(session):
        return service.register_patient(session, details=details, actor=TESTER, now=NOW, **options)


def entries(session: Session, patient_id: int) -> list[AuditEntry]:
    """What the log says of a patient, oldest first."""
    query = select(AuditEntry).where(AuditEntry.patient_id == patient_id).order_by(AuditEntry.seq)
    return list(session.scalars(query))


def fields_of(html: str) -> dict[str, Any]:
    """What the browser would send back if nobody touched the form."""
    form = html.split('id="patient-form"')[1].split("</form>")[0]
    sent: dict[str, Any] = {}
    shown: list[str] = []
    for tag in re.findall(r"<input\b[^>]*>", form):
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if values.get("type") not in ("radio", "checkbox") or re.search(r"\bchecked\b", tag):
            sent[values["name"]] = unescape(values.get("value", ""))
            shown += [sent["shown"]] if values["name"] == "shown" else []
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = unescape(text).strip()
    for name, options in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        sent[name] = unescape(chosen[1]) if chosen else ""
    return sent | {"shown": shown}
