"""Keeping a photo, removing it and bringing it back."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, record
from clinic.errors import Conflict
from clinic.idempotency import Key, find_made, made_with
from clinic.patients.photo.models import PatientPhoto
from clinic.patients.photo.queries import get_photo
from clinic.patients.service import lock_patient


@dataclass(frozen=True)
class StoredPicture:
    """A picture in the storage; `size` in bytes, `sha256` in hex."""

    stored_as: str
    media_type: str
    size: int
    sha256: str


def add_photo(
    session: Session, *, patient_id: int, picture: StoredPicture, key: Key, actor: Actor, now: dt.datetime
) -> PatientPhoto:
    """Show this photo from now on; the same key sent twice gives the first one. NotFound."""
    if earlier := find_made(session, PatientPhoto, key):
        return earlier
    lock_patient(session, patient_id)
    photo = PatientPhoto(
        patient_id=patient_id,
        stored_as=picture.stored_as,
        media_type=picture.media_type,
        size=picture.size,
        sha256=picture.sha256,
        taken_at=now,
        taken_by_id=actor.actor_id,
        **made_with(key),
    )
    _retire_others(session, patient_id, actor, now)
    session.add(photo)
    session.flush()
    _note(session, "patients.add_photo", photo, actor, now)
    return photo


def remove_photo(session: Session, *, patient_id: int, photo_id: int, actor: Actor, now: dt.datetime) -> None:
    """Show it no more. Conflict when somebody removed it already, NotFound."""
    lock_patient(session, patient_id)
    photo = get_photo(session, patient_id, photo_id)
    if photo.removed_at is not None:
        raise Conflict(_("Somebody removed this photo already."))
    photo.removed_at, photo.removed_by_id = now, actor.actor_id
    _note(session, "patients.remove_photo", photo, actor, now)


def restore_photo(session: Session, *, patient_id: int, photo_id: int, actor: Actor, now: dt.datetime) -> None:
    """Show a removed one again, in place of any other. Conflict when it is shown, NotFound."""
    lock_patient(session, patient_id)
    photo = get_photo(session, patient_id, photo_id)
    if photo.removed_at is None:
        raise Conflict(_("This photo is shown already."))
    _retire_others(session, patient_id, actor, now)
    photo.removed_at = photo.removed_by_id = None
    _note(session, "patients.restore_photo", photo, actor, now)


def forget_photo(session: Session, *, photo_id: int) -> None:
    """Note that the file of a removed photo is deleted; its removal was audited."""
    session.execute(delete(PatientPhoto).where(PatientPhoto.id == photo_id, PatientPhoto.removed_at.is_not(None)))


def _retire_others(session: Session, patient_id: int, actor: Actor, now: dt.datetime) -> None:
    shown = update(PatientPhoto).where(PatientPhoto.patient_id == patient_id, PatientPhoto.removed_at.is_(None))
    session.execute(shown.values(removed_at=now, removed_by_id=actor.actor_id))


def _note(session: Session, action: str, photo: PatientPhoto, actor: Actor, now: dt.datetime) -> None:
    live.publish(session, f"patients:{photo.patient_id}")
    after = {"sha256": photo.sha256}
    record(session, action, "photo", photo.id, patient_id=photo.patient_id, actor=actor, now=now, after=after)
