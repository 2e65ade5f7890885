"""Reads of alerts."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.errors import NotFound
from clinic.patients.models import PatientAlert


def get_alert(session: Session, patient_id: int, alert_id: int) -> PatientAlert:
    """An alert of this patient, or NotFound."""
    alert = session.get(PatientAlert, alert_id)
    if alert is None or alert.patient_id != patient_id:
        raise NotFound(_("There is no such alert."))
    return alert
