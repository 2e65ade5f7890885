"""Reads of photos."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import NotFound
from clinic.patients.photo.models import PatientPhoto

_LATEST = (PatientPhoto.taken_at.desc(), PatientPhoto.id.desc())


def find_photo(session: Session, patient_id: int) -> PatientPhoto | None:
    """The photo that is shown: the latest that was not removed."""
    shown = select(PatientPhoto).where(PatientPhoto.patient_id == patient_id, PatientPhoto.removed_at.is_(None))
    return session.scalars(shown.order_by(*_LATEST).limit(1)).first()


def find_removed(session: Session, patient_id: int) -> PatientPhoto | None:
    """The photo that was removed last and can still be brought back."""
    removed = select(PatientPhoto).where(PatientPhoto.patient_id == patient_id, PatientPhoto.removed_at.is_not(None))
    latest = (PatientPhoto.removed_at.desc(), PatientPhoto.id.desc())
    return session.scalars(removed.order_by(*latest).limit(1)).first()


def get_photo(session: Session, patient_id: int, photo_id: int) -> PatientPhoto:
    """A photo of this patient, or NotFound."""
    photo = session.get(PatientPhoto, photo_id)
    if photo is None or photo.patient_id != patient_id:
        raise NotFound("There is no such photo.")
    return photo


def list_removed_before(session: Session, before: dt.datetime, *, limit: int) -> list[PatientPhoto]:
    """Photos removed longer ago, the oldest first."""
    old = select(PatientPhoto).where(PatientPhoto.removed_at < before)
    return list(session.scalars(old.order_by(PatientPhoto.removed_at).limit(limit)))
