"""Reads of the shift log."""

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from clinic.desk.notes.models import ShiftNote
from clinic.errors import NotFound

OPEN_SHOWN = 5


def get_note(session: Session, note_id: int, *, lock: bool = False) -> ShiftNote:
    """The note, or NotFound. With `lock` nobody else changes it until the transaction ends."""
    note = session.get(ShiftNote, note_id, with_for_update=lock or None, populate_existing=True)
    if note is None:
        raise NotFound(_("There is no such note."))
    return note


def list_open(session: Session, limit: int = OPEN_SHOWN) -> list[ShiftNote]:
    """What Today shows: pinned first, then the newest."""
    query = _open().order_by(ShiftNote.is_pinned.desc(), ShiftNote.id.desc())
    return list(session.scalars(query.limit(limit)))


def count_open(session: Session) -> int:
    """How many there are to be shown."""
    return session.scalar(select(func.count()).select_from(_open().subquery())) or 0


def _open() -> Select[tuple[ShiftNote]]:
    is_open = ShiftNote.acknowledged_at.is_(None) | ShiftNote.is_pinned
    return select(ShiftNote).where(ShiftNote.voided_at.is_(None), is_open)


def list_notes(session: Session, *, before: int | None, limit: int) -> list[ShiftNote]:
    """The log, newest first, older than the note `before`; voided ones included."""
    query = select(ShiftNote).order_by(ShiftNote.id.desc()).limit(limit)
    if before is not None:
        query = query.where(ShiftNote.id < before)
    return list(session.scalars(query))
