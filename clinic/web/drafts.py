"""A half-filled form survives an expired session: kept when it is sent too late, filled in after signing in again.

Every form says in the hidden field `draft_of` what it is and on which page it stands. The page is opened again with
`?draft=<id>`: there, forms without input of their own begin with what was kept for this user.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, g, request, session
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from clinic import clock
from clinic.auth.drafts.models import PAGE_CHARACTERS, FormDraft
from clinic.auth.drafts.queries import find_draft
from clinic.auth.drafts.service import keep_draft
from clinic.auth.models import User
from clinic.auth.queries import find_ended_session
from clinic.db import current_session, transaction
from clinic.numbers import whole

FIELD = "draft_of"
LARGEST_BYTES = 128 * 1024
_NEVER_KEPT = {FIELD, "csrf_token"}


def keep_sent() -> str | None:
    """Keep the form of this request for the user whose session has run out; the address where it is filled in again.

    None when there is nothing to keep: no form, a stranger, a session that somebody ended.
    """
    if request.method != "POST" or not 0 < (request.content_length or 0) <= LARGEST_BYTES:
        return None
    now = clock.now()
    # First who it was: nothing that a stranger sends is read.
    ended = find_ended_session(current_session(), str(session.get("_user_id", "")), now=now)
    if ended is None:
        return None
    form, _, page = request.form.get(FIELD, "").partition(" ")
    if not _is_page(page) or not _is_csrf_valid():
        return None
    user_id = ended.user.id
    with transaction() as write:
        actor = write.get_one(User, user_id)
        draft = keep_draft(write, page=page, form=form[:80], fields=_typed(), actor=actor, now=now)
        draft_id = draft.id
    return _with_draft(page, draft_id)


def _typed() -> list[tuple[str, str]]:
    pairs = request.form.items(multi=True)
    return [(name, value) for name, value in pairs if name not in _NEVER_KEPT and "password" not in name]


def _is_page(page: str) -> bool:
    return page.startswith("/") and not page.startswith("//") and page.isprintable() and len(page) <= PAGE_CHARACTERS


def _is_csrf_valid() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _with_draft(page: str, draft_id: int) -> str:
    parts = urlsplit(page)
    return f"{parts.path}?{urlencode([*parse_qsl(parts.query), ('draft', str(draft_id))])}"


def restored(form: str) -> MultiDict[str, str] | None:
    """What was kept of the form of this name on this page."""
    draft = page_draft()
    return MultiDict(draft.fields) if draft and draft.form == form else None


def page_draft() -> FormDraft | None:
    """The draft that this page is opened with, if it is this user's and of this page."""
    if "draft" not in request.args or request.method != "GET" or not current_user.is_authenticated:
        return None
    if "form_draft" not in g:
        g.form_draft = _find(request.args.get("draft", type=whole))
    found: FormDraft | None = g.form_draft
    return found


def _find(draft_id: int | None) -> FormDraft | None:
    if draft_id is None:
        return None
    draft = find_draft(current_session(), draft_id, user_id=current_user.user.id, now=clock.now())
    return draft if draft and urlsplit(draft.page).path == request.path else None


def draft_of(form: Any) -> str:
    """The value of a form's hidden field: its name and the page on which it stands."""
    sent = request.form.get(FIELD, "").partition(" ")[2] if request.method == "POST" else ""
    return f"{type(form).__name__} {sent or _this_page()}"


def _this_page() -> str:
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "draft"]
    return f"{request.path}?{urlencode(query)}" if query else request.path


def install(app: Flask) -> None:
    """Offer what forms and pages show of it."""
    app.add_template_global(draft_of)
    app.add_template_global(page_draft)
