"""What Today shows of the shift log."""

from typing import Any

from sqlalchemy.orm import Session

from clinic.desk.notes.forms import KIND_WORDS
from clinic.desk.notes.queries import count_open, list_open


def open_notes(session: Session) -> dict[str, Any]:
    """All that _open.html needs, in two queries."""
    return {"notes": list_open(session), "note_count": count_open(session), "KINDS": KIND_WORDS}
