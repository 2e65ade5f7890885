"""Writing the shift log. Each change locks the note, is audited with what stood there before, and is announced."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.desk.notes.models import Kind, ShiftNote
from clinic.desk.notes.queries import get_note
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with

TEXT_MAX = 2000
TOPIC = "notes"


def write_note(
    session: Session,
    *,
    kind: Kind,
    text: str,
    is_pinned: bool,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
) -> ShiftNote:
    """A new note; the same key again gives the first one. Invalid without a text."""
    _check_text(text)
    first = find_made(session, ShiftNote, key)
    if first is not None:
        return first
    note = ShiftNote(
        kind=kind,
        text=text,
        is_pinned=is_pinned,
        written_at=now,
        written_by_id=actor.actor_id,
        written_by=actor.actor_name,
        version=1,
        **made_with(key),
    )
    session.add(note)
    session.flush()
    after = {"kind": kind, "text": text, "is_pinned": is_pinned}
    record(session, "notes.write", "shift_note", note.id, actor=actor, now=now, after=after)
    live.publish(session, TOPIC)
    return note


def edit_note(
    session: Session,
    *,
    note_id: int,
    expected_version: int,
    kind: Kind,
    text: str,
    is_pinned: bool,
    actor: Actor,
    now: dt.datetime,
) -> ShiftNote:
    """Change what it says. Another text has to be acknowledged anew. Conflict when somebody changed it meanwhile."""
    _check_text(text)
    note = _locked(session, note_id)
    if note.version != expected_version:
        raise Conflict(_("Somebody changed this note meanwhile. Read it again before you change it."))
    values: dict[str, Any] = {"kind": kind, "text": text, "is_pinned": is_pinned}
    if text != note.text:
        values |= {"edited_at": now, **_UNREAD}
    return _change(session, note, "notes.edit", values, actor=actor, now=now)


def acknowledge_note(session: Session, *, note_id: int, actor: Actor, now: dt.datetime) -> ShiftNote:
    """The next shift has read it. Conflict when somebody did already."""
    note = _locked(session, note_id)
    if note.is_acknowledged:
        raise Conflict(_("%(name)s acknowledged this note already.", name=note.acknowledged_by))
    values = {"acknowledged_at": now, "acknowledged_by_id": actor.actor_id, "acknowledged_by": actor.actor_name}
    return _change(session, note, "notes.acknowledge", values, actor=actor, now=now)


def reopen_note(session: Session, *, note_id: int, actor: Actor, now: dt.datetime) -> ShiftNote:
    """Take an acknowledgement back. Conflict when there is none."""
    note = _locked(session, note_id)
    if not note.is_acknowledged:
        raise Conflict(_("Nobody has acknowledged this note."))
    return _change(session, note, "notes.reopen", dict(_UNREAD), actor=actor, now=now)


def void_note(session: Session, *, note_id: int, reason: str, actor: Actor, now: dt.datetime) -> ShiftNote:
    """Take a note back; it stays readable in the log. Conflict when somebody did already."""
    if not reason:
        raise Invalid(_("Say why, in a few words."), "reason")
    values = {"voided_at": now, "voided_by": actor.actor_name, "void_reason": reason}
    return _change(session, _locked(session, note_id), "notes.void", values, actor=actor, now=now)


def restore_note(session: Session, *, note_id: int, actor: Actor, now: dt.datetime) -> ShiftNote:
    """Take the voiding back. Conflict when it is not void."""
    note = get_note(session, note_id, lock=True)
    if not note.is_void:
        raise Conflict(_("This note is not void."))
    values = dict.fromkeys(("voided_at", "voided_by", "void_reason"))
    return _change(session, note, "notes.restore", values, actor=actor, now=now)


_UNREAD: dict[str, Any] = dict.fromkeys(("acknowledged_at", "acknowledged_by_id", "acknowledged_by"))


def _check_text(text: str) -> None:
    if not text or len(text) > TEXT_MAX:
        raise Invalid(_("Write 1 to %(count)s characters.", count=TEXT_MAX), "text")


def _locked(session: Session, note_id: int) -> ShiftNote:
    note = get_note(session, note_id, lock=True)
    if note.is_void:
        raise Conflict(_("Somebody voided this note."))
    return note


def _change(
    session: Session, note: ShiftNote, action: str, values: dict[str, Any], *, actor: Actor, now: dt.datetime
) -> ShiftNote:
    before, after = changes({name: getattr(note, name) for name in values}, values)
    if not after:
        return note
    for name, value in after.items():
        setattr(note, name, value)
    note.version += 1
    session.flush()
    record(session, action, "shift_note", note.id, actor=actor, now=now, before=before, after=after)
    live.publish(session, TOPIC)
    return note
