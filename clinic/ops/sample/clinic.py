"""The small sample: a clinic in the middle of its day."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clinic.audit.service import Actor, SystemActor
from clinic.audit.trusted_clock import confirm_clock
from clinic.auth.models import User
from clinic.config import Settings
from clinic.directory.models import Practitioner
from clinic.ops.sample.bookings import add_bookings
from clinic.ops.sample.day import Team, add_day
from clinic.ops.sample.handover import add_handover
from clinic.ops.sample.people import SamplePatient, sample_patients
from clinic.ops.sample.places import add_places
from clinic.ops.sample.staff import add_staff
from clinic.ops.sample.twins import twins
from clinic.ops.sample.waiting import add_waiting
from clinic.ops.sample.week import add_week
from clinic.patients.alerts.service import add_alert
from clinic.patients.models import Patient
from clinic.patients.service import deactivate_patient, register_patient

SAMPLE = SystemActor("sample clinic")
PATIENTS = 400
_INACTIVE_EVERY = 40


def is_empty(session: Session) -> bool:
    """Whether nobody works here and nobody is cared for yet."""
    return not any(session.scalar(select(exists().select_from(model))) for model in (User, Patient))


def add_clinic(session: Session, *, settings: Settings, now: dt.datetime, patients: int = PATIENTS) -> None:
    """Staff, places, patients, a week of appointments and today's queue, in the caller's transaction.

    Besides the `patients`, a few of them are registered twice, and some wait for a time.
    """
    opened_at = now - dt.timedelta(days=6 * 365)
    users = add_staff(session, actor=SAMPLE, now=opened_at)
    departments = add_places(session, actor=SAMPLE, now=opened_at)
    practitioner_ids = session.scalars(select(Practitioner.id).order_by(Practitioner.id)).all()
    given: dict[str, Any] = {
        "total": patients,
        "region": settings.region,
        "now": now,
        "practitioner_ids": practitioner_ids,
    }
    people = list(sample_patients(range(patients), **given))
    active = _add_patients(session, people, users["reception"])
    _add_patients(session, twins(people, now), users["reception"])
    team = Team(reception=users["reception2"], care=users["nurse"])
    add_week(session, actor=users["manager"], now=now, zone=settings.zone)
    came = add_bookings(session, patient_ids=active, team=team, now=now, zone=settings.zone)
    others = [patient_id for patient_id in active if patient_id not in came]
    add_day(session, departments=departments, patient_ids=others, team=team, now=now, zone=settings.zone)
    add_waiting(session, patient_ids=others, actor=users["reception"], now=now, zone=settings.zone)
    # Its log jumps over years, which a clinic's does not.
    confirm_clock(session, actor=SAMPLE, now=now)
    add_handover(session, users=users, departments=departments, now=now)


def _add_patients(session: Session, people: Iterable[SamplePatient], receptionist: Actor) -> Sequence[int]:
    """Register everyone as the reception would have done; returns the ids of those who still come."""
    active = []
    for number, person in enumerate(people):
        at = person.registered_at
        patient = register_patient(session, details=person.details, actor=receptionist, now=at)
        patient.last_visit_at = person.last_visit_at
        if person.alert:
            level, text = person.alert
            add_alert(session, patient_id=patient.id, level=level, text=text, actor=receptionist, now=at)
        if number % _INACTIVE_EVERY == _INACTIVE_EVERY - 1:
            deactivate_patient(session, patient_id=patient.id, reason="Moved away", actor=receptionist, now=at)
        else:
            active.append(patient.id)
    return active
