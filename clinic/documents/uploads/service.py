"""Writes of uploads: opened, then finished as a document or found to be a duplicate, kept or discarded."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import record
from clinic.auth.models import User
from clinic.crypto import key_ring
from clinic.documents.models import Category, Document, Upload, UploadState
from clinic.documents.queries import find_same_file, sum_stored_bytes
from clinic.documents.uploads.queries import count_open_uploads, get_upload
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.patients.models import Patient
from clinic.patients.queries import get_patient

LIFETIME = dt.timedelta(days=7)
OPEN_MAX = 200


@dataclass(frozen=True)
class Description:
    """What the sender says of a file. `size` in bytes."""

    file_name: str
    size: int
    category: Category
    title: str
    documented_on: dt.date


@dataclass(frozen=True)
class Limits:
    """Bytes one file and all files of one patient may have."""

    file: int
    patient: int


def open_upload(
    session: Session,
    *,
    token: str,
    patient_id: int,
    described: Description,
    limits: Limits,
    actor: User,
    now: dt.datetime,
    key: Key | None = None,
) -> Upload:
    """Make room for a file of known size, at the address `token`. The same `key` again gives the upload it made before.

    Invalid when the file is empty or a limit would be broken.
    """
    earlier = find_made(session, Upload, key)
    if earlier:
        return earlier
    patient = get_patient(session, patient_id)
    _lock_patient(session, patient.id)
    _check_limits(session, patient.id, described.size, limits, actor)
    upload = Upload(
        token=token,
        patient_id=patient.id,
        user_id=actor.id,
        category=described.category,
        title=described.title,
        documented_on=described.documented_on,
        file_name=described.file_name,
        size=described.size,
        created_at=now,
        expires_at=now + LIFETIME,
        **made_with(key),
    )
    session.add(upload)
    session.flush()
    return upload


def _lock_patient(session: Session, patient_id: int) -> None:
    """One upload of a patient at a time passes the limits and the search for duplicates."""
    session.execute(select(Patient.id).where(Patient.id == patient_id).with_for_update())


def _check_limits(session: Session, patient_id: int, size: int, limits: Limits, actor: User) -> None:
    if size <= 0:
        raise Invalid(_("This file is empty."), "file")
    if size > limits.file:
        raise Invalid(_("A file may have %(most)s MB at most.", most=limits.file // 1024**2), "file")
    if sum_stored_bytes(session, patient_id) + size > limits.patient:
        most = limits.patient // 1024**2
        raise Invalid(_("The documents of a patient may have %(most)s MB in all; this one is too much.", most=most))
    if count_open_uploads(session, actor.id) >= OPEN_MAX:
        raise Invalid(_("Too many of your uploads are unfinished. Finish or cancel some first."))


def finish_upload(
    session: Session, *, token: str, media_type: str, sha256: str, actor: User, now: dt.datetime
) -> Upload:
    """Turn an upload whose file is stored into a document, or mark it as a duplicate of one.

    Finishing twice changes nothing. Conflict when it was discarded meanwhile.
    """
    upload = get_upload(session, token, user_id=actor.id)
    _lock_patient(session, upload.patient_id)
    session.refresh(upload)
    if upload.state == UploadState.DISCARDED:
        raise Conflict(_("This upload was cancelled meanwhile."))
    if upload.state != UploadState.RECEIVING:
        return upload
    upload.media_type, upload.sha256 = media_type, sha256
    if find_same_file(session, upload.patient_id, digest_token(sha256)):
        upload.state = UploadState.DUPLICATE
        session.flush()
        return upload
    _make_document(session, upload, media_type, sha256, actor, now)
    return upload


def keep_duplicate(session: Session, *, token: str, actor: User, now: dt.datetime) -> Upload:
    """Keep a duplicate as a document of its own; doing it twice makes one document."""
    upload = get_upload(session, token, user_id=actor.id)
    _lock_patient(session, upload.patient_id)
    session.refresh(upload)
    if upload.state == UploadState.STORED:
        return upload
    if upload.state != UploadState.DUPLICATE or upload.media_type is None or upload.sha256 is None:
        raise Conflict(_("This file is no longer waiting for a decision."))
    _make_document(session, upload, upload.media_type, upload.sha256, actor, now)
    return upload


def _make_document(
    session: Session, upload: Upload, media_type: str, sha256: str, actor: User, now: dt.datetime
) -> None:
    document = Document(
        patient_id=upload.patient_id,
        token=upload.token,
        category=upload.category,
        title=upload.title,
        documented_on=upload.documented_on,
        file_name=upload.file_name,
        media_type=media_type,
        size=upload.size,
        sha256=sha256,
        digest_token=digest_token(sha256),
        uploaded_at=now,
        uploaded_by_id=actor.id,
    )
    session.add(document)
    session.flush()
    upload.state, upload.document_id = UploadState.STORED, document.id
    session.flush()
    after = {
        "title": document.title,
        "category": document.category,
        "documented_on": document.documented_on,
        "file_name": document.file_name,
        "size": document.size,
        "sha256": sha256,
    }
    record(
        session,
        "documents.upload",
        "document",
        document.id,
        actor=actor,
        now=now,
        patient_id=document.patient_id,
        after=after,
    )
    live.publish(session, f"documents:{document.patient_id}")


def discard_upload(session: Session, *, token: str, user_id: int) -> bool:
    """Give an upload up; whether there was something to give up. A document it became stays."""
    done = session.execute(
        update(Upload)
        .where(
            Upload.token == token,
            Upload.user_id == user_id,
            Upload.state.in_([UploadState.RECEIVING, UploadState.DUPLICATE]),
        )
        .values(state=UploadState.DISCARDED)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def forget_upload(session: Session, *, upload_id: int) -> None:
    """Remove the row of an upload that is over and whose files are gone."""
    session.execute(delete(Upload).where(Upload.id == upload_id))


def digest_token(sha256: str) -> bytes:
    """What finds the same file again without revealing its digest."""
    return key_ring().blind_index("document", sha256)
