"""Reads of half-filled forms."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.auth.drafts.models import FormDraft


def find_draft(session: Session, draft_id: int, *, user_id: int, now: dt.datetime) -> FormDraft | None:
    """A user's own draft while it is kept."""
    own = select(FormDraft).where(FormDraft.id == draft_id, FormDraft.user_id == user_id, FormDraft.expires_at > now)
    return session.scalar(own)


def find_draft_of(session: Session, *, user_id: int, page: str) -> FormDraft | None:
    """What the user left on a page, however long ago."""
    return session.scalar(select(FormDraft).where(FormDraft.user_id == user_id, FormDraft.page == page))
