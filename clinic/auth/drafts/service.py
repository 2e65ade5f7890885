"""Keeping half-filled forms, and forgetting them."""

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinic.audit.service import record
from clinic.auth.drafts.models import FormDraft
from clinic.auth.drafts.queries import find_draft_of
from clinic.auth.models import User

KEPT_FOR = dt.timedelta(hours=12)


def keep_draft(
    session: Session, *, page: str, form: str, fields: list[tuple[str, str]], actor: User, now: dt.datetime
) -> FormDraft:
    """Keep what stands in a form, in place of what the user left on that page before."""
    draft = find_draft_of(session, user_id=actor.id, page=page)
    if draft is None:
        draft = FormDraft(user_id=actor.id, page=page)
        session.add(draft)
    draft.form, draft.fields = form, fields
    draft.kept_at, draft.expires_at = now, now + KEPT_FOR
    session.flush()
    record(session, "drafts.keep", "form_draft", draft.id, actor=actor, now=now, after={"form": form})
    return draft


def forget_expired(session: Session, *, now: dt.datetime) -> None:
    """Delete what nobody came back for; not audited."""
    session.execute(delete(FormDraft).where(FormDraft.expires_at <= now))
