"""The small sample: a clinic in the middle of its day."""

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clinic.audit.service import SystemActor
from clinic.auth.models import User
from clinic.ops.sample.places import add_places
from clinic.ops.sample.staff import add_staff
from clinic.patients.models import Patient

SAMPLE = SystemActor("sample clinic")


def is_empty(session: Session) -> bool:
    """Whether nobody works here and nobody is cared for yet."""
    return not session.scalar(select(exists().select_from(User))) and not session.scalar(
        select(exists().select_from(Patient))
    )


def add_clinic(session: Session, *, now: dt.datetime) -> None:
    """Everything, in the caller's transaction."""
    add_staff(session, actor=SAMPLE, now=now)
    add_places(session)
