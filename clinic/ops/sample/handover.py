"""What the sample clinic's shifts left for each other, and where its reception calls to."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from clinic.auth.models import User
from clinic.desk.notes.models import Kind
from clinic.desk.notes.service import acknowledge_note, write_note
from clinic.directory.models import Department
from clinic.queue.service import choose_room

# Hours ago, by whom, kind, pinned, text, and who has read it since.
_NOTES = (
    (50, "reception2", Kind.NOTE, False, "The courier for the laboratory comes at 11:30 this week.", "reception"),
    (
        27,
        "nurse",
        Kind.INCIDENT,
        False,
        "A patient fainted in the waiting room, was seen at once, is well.",
        "manager",
    ),
    (
        26,
        "manager",
        Kind.NOTE,
        True,
        "Ask every patient for the new insurance card until the end of the month.",
        None,
    ),
    (3, "reception2", Kind.NOTE, False, "The printer in Room 3 is out of labels; new ones are ordered.", None),
    (
        2,
        "cashier",
        Kind.INCIDENT,
        False,
        "The card terminal at Counter 1 failed twice: take cash, call support.",
        None,
    ),
)


def add_handover(
    session: Session, *, users: Mapping[str, User], departments: Sequence[Department], now: dt.datetime
) -> None:
    """A shift log with something to read, and a room for each receptionist."""
    for hours, writer, kind, is_pinned, text, reader in _NOTES:
        at = now - dt.timedelta(hours=hours)
        note = write_note(session, kind=kind, text=text, is_pinned=is_pinned, actor=users[writer], now=at)
        if reader:
            acknowledge_note(session, note_id=note.id, actor=users[reader], now=at + dt.timedelta(hours=4))
    first = departments[0]
    for name in ("reception", "reception2"):
        choose_room(session, user_id=users[name].id, department_id=first.id, room_id=first.rooms[0].id)
