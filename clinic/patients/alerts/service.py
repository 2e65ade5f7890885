"""Adding alerts and voiding them; none is ever deleted."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, record
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.patients.alerts.queries import get_alert
from clinic.patients.models import AlertLevel, PatientAlert
from clinic.patients.service import lock_patient

TEXT_MAX = 300


def add_alert(
    session: Session,
    *,
    patient_id: int,
    level: AlertLevel,
    text: str,
    actor: Actor,
    now: dt.datetime,
    key: Key | None = None,
) -> PatientAlert:
    """A new alert; the same key sent twice gives the first one. Invalid without a text, NotFound."""
    if not text or len(text) > TEXT_MAX:
        raise Invalid(_("Write 1 to %(count)s characters.", count=TEXT_MAX), "text")
    if earlier := find_made(session, PatientAlert, key):
        return earlier
    patient = lock_patient(session, patient_id)
    alert = PatientAlert(
        patient_id=patient.id,
        level=level,
        text=text,
        created_at=now,
        created_by_id=actor.actor_id,
        **made_with(key),
    )
    session.add(alert)
    session.flush()
    live.publish(session, f"patients:{patient.id}")
    after = {"level": level.value, "text": text}
    record(session, "patients.add_alert", "alert", alert.id, patient_id=patient.id, actor=actor, now=now, after=after)
    return alert


def void_alert(
    session: Session, *, patient_id: int, alert_id: int, reason: str, actor: Actor, now: dt.datetime
) -> PatientAlert:
    """Take an alert off the chart. Conflict when somebody did already, Invalid without a reason, NotFound."""
    if not reason:
        raise Invalid(_("Say why, in a few words."), "reason")
    alert = get_alert(session, patient_id, alert_id)
    voided = update(PatientAlert).where(PatientAlert.id == alert_id, PatientAlert.voided_at.is_(None))
    outcome = session.execute(voided.values(voided_at=now, voided_by_id=actor.actor_id).returning(PatientAlert.id))
    if outcome.scalar_one_or_none() is None:
        raise Conflict(_("Somebody voided this alert already."))
    live.publish(session, f"patients:{patient_id}")
    before, after = {"level": alert.level.value, "text": alert.text}, {"reason": reason}
    record(
        session,
        "patients.void_alert",
        "alert",
        alert_id,
        patient_id=patient_id,
        actor=actor,
        now=now,
        before=before,
        after=after,
    )
    return alert
