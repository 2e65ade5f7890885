"""Setting up displays."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.directory.models import Department
from clinic.errors import Invalid
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.displays.queries import get_display
from clinic.queue.tokens import digest_token, new_token

SEEN_EVERY = dt.timedelta(seconds=50)


def topic(display_id: int) -> str:
    """The live topic that tells a screen to read its settings again."""
    return f"display:{display_id}"


def create_display(
    session: Session,
    *,
    name: str,
    privacy: Privacy,
    chime: bool,
    department_ids: Sequence[int],
    idempotency_key: str | None,
    actor: Actor,
    now: dt.datetime,
) -> tuple[Display, str | None]:
    """A display and the token of its address (192 random bits), which is not kept and cannot be shown again.

    The same key sent twice gives the first display and no token.
    """
    if idempotency_key is not None:
        first = session.scalar(select(Display).where(Display.idempotency_key == idempotency_key))
        if first is not None:
            return first, None
    token = new_token()
    display = Display(
        name=name,
        token_digest=digest_token(token),
        privacy=privacy,
        chime=chime,
        created_at=now,
        departments=_departments(session, department_ids),
        idempotency_key=idempotency_key,
    )
    session.add(display)
    session.flush()
    record(session, "displays.create", "display", display.id, actor=actor, now=now, after=_values(display))
    return display, token


def update_display(
    session: Session,
    *,
    display_id: int,
    name: str,
    privacy: Privacy,
    chime: bool,
    department_ids: Sequence[int],
    actor: Actor,
    now: dt.datetime,
) -> Display:
    """Change what a display shows; its address stays."""
    display = get_display(session, display_id)
    old = _values(display)
    display.name, display.privacy, display.chime = name, privacy, chime
    display.departments = _departments(session, department_ids)
    session.flush()
    before, after = changes(old, _values(display))
    if after:
        record(session, "displays.update", "display", display.id, actor=actor, now=now, before=before, after=after)
        live.publish(session, topic(display.id))
    return display


def renew_token(session: Session, *, display_id: int, actor: Actor, now: dt.datetime) -> tuple[Display, str]:
    """A new address for a display; the old one stops working at once."""
    display = get_display(session, display_id)
    token = new_token()
    display.token_digest = digest_token(token)
    session.flush()
    record(session, "displays.renew", "display", display.id, actor=actor, now=now)
    live.publish(session, topic(display.id))
    return display, token


def revoke_display(session: Session, *, display_id: int, actor: Actor, now: dt.datetime) -> None:
    """End a display for good."""
    display = get_display(session, display_id)
    display.revoked_at = now
    session.flush()
    record(session, "displays.revoke", "display", display.id, actor=actor, now=now)
    live.publish(session, topic(display.id))


def note_seen(session: Session, *, display_id: int, now: dt.datetime) -> None:
    """Note that a screen is on; not audited."""
    is_stale = Display.last_seen_at.is_(None) | (Display.last_seen_at < now - SEEN_EVERY)
    session.execute(update(Display).where(Display.id == display_id, is_stale).values(last_seen_at=now))


def _departments(session: Session, department_ids: Sequence[int]) -> list[Department]:
    found = session.scalars(select(Department).where(Department.id.in_(department_ids), Department.is_active))
    departments = list(found)
    if not departments:
        raise Invalid(_("Choose at least one department."), "department_ids")
    return departments


def _values(display: Display) -> dict[str, object]:
    return {
        "name": display.name,
        "privacy": display.privacy,
        "chime": display.chime,
        "departments": sorted(d.id for d in display.departments),
    }
