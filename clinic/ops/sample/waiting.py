"""Who waits for a time at the sample clinic."""

import datetime as dt
import random
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import PartOfDay
from clinic.appointments.waitlist.service import join_waitlist
from clinic.audit.service import Actor
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner, Service

_WAITING = 9
_NOTES = ("Can be here within half an hour", "Only by phone", None, None)


def add_waiting(
    session: Session, *, patient_ids: Sequence[int], actor: Actor, now: dt.datetime, zone: ZoneInfo, seed: int = 1
) -> None:
    """Some patients who joined in the last days, for the first service with a practitioner or one of three with any."""
    rnd, today = random.Random(seed), clinic_day(now, zone)  # nosec B311: not a secret
    services = session.scalars(select(Service.id).order_by(Service.position, Service.id).limit(3)).all()
    whom = [None, None, *session.scalars(select(Practitioner.id).order_by(Practitioner.id).limit(3))]
    for number, patient_id in enumerate(rnd.sample(list(patient_ids), min(_WAITING, len(patient_ids)))):
        practitioner_id = whom[number % len(whom)]
        join_waitlist(
            session,
            patient_id=patient_id,
            service_id=services[0 if practitioner_id else number % len(services)],
            practitioner_id=practitioner_id,
            from_day=today,
            until_day=today + dt.timedelta(days=7 + number),
            part_of_day=rnd.choice((None, PartOfDay.MORNING, PartOfDay.AFTERNOON)),
            note=rnd.choice(_NOTES),
            key=None,
            actor=actor,
            now=now - dt.timedelta(hours=5 * (_WAITING - number)),
            zone=zone,
        )
