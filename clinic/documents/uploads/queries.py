"""Reads of uploads: everybody sees their own only."""

import datetime as dt

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from clinic.documents.models import Upload, UploadState
from clinic.errors import NotFound, NotYours


def get_upload(session: Session, token: str, *, user_id: int) -> Upload:
    """An upload of this user in any state, or NotFound."""
    upload = session.scalar(select(Upload).where(Upload.token == token, Upload.user_id == user_id))
    if upload is None:
        raise (NotYours if has_upload(session, token) else NotFound)("There is no such upload.")
    return upload


def has_upload(session: Session, token: str) -> bool:
    """Whether an upload of anybody has this address."""
    return session.scalar(select(Upload.id).where(Upload.token == token)) is not None


def list_pending_uploads(session: Session, patient_id: int, *, user_id: int, now: dt.datetime) -> list[Upload]:
    """This user's uploads of a patient that wait for bytes or for a decision, oldest first."""
    query = select(Upload).where(
        Upload.patient_id == patient_id,
        Upload.user_id == user_id,
        Upload.state.in_([UploadState.RECEIVING, UploadState.DUPLICATE]),
        Upload.expires_at > now,
    )
    return list(session.scalars(query.order_by(Upload.id)))


def count_open_uploads(session: Session, user_id: int) -> int:
    """How many uploads of this user are under way."""
    query = select(func.count()).where(Upload.user_id == user_id, Upload.state == UploadState.RECEIVING)
    return session.scalar(query) or 0


def list_uploads_to_sweep(session: Session, *, now: dt.datetime, settled: dt.datetime, limit: int) -> list[Upload]:
    """Uploads that are over (discarded or expired), and unfinished ones begun before `settled`."""
    query = (
        select(Upload)
        .options(selectinload(Upload.user))
        .where(
            or_(
                Upload.state == UploadState.DISCARDED,
                Upload.expires_at <= now,
                (Upload.state == UploadState.RECEIVING) & (Upload.created_at <= settled),
            )
        )
        .order_by(Upload.id)
        .limit(limit)
    )
    return list(session.scalars(query))
