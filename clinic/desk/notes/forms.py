"""What staff may write into the shift log, and the words for it."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from clinic.desk.notes.models import Kind, ShiftNote
from clinic.desk.notes.service import TEXT_MAX
from clinic.web.forms import CreateForm, EditForm, Form, options

KIND_WORDS = {Kind.NOTE: _l("Note"), Kind.INCIDENT: _l("Incident")}
# What was done, as the history says it.
ACTION_WORDS = {
    "notes.write": _l("Written"),
    "notes.edit": _l("Changed"),
    "notes.acknowledge": _l("Acknowledged"),
    "notes.reopen": _l("To be acknowledged again"),
    "notes.void": _l("Voided"),
    "notes.restore": _l("Brought back"),
}


class NoteFields(Form):
    """What a note says."""

    text = TextAreaField(
        _l("What the next shift must know"),
        [DataRequired(_l("Write what the next shift must know.")), Length(max=TEXT_MAX)],
    )
    kind = RadioField(
        _l("Kind"), coerce=Kind, choices=options((kind.value, KIND_WORDS[kind]) for kind in Kind), default=Kind.NOTE
    )
    is_pinned = BooleanField(_l("Pin it: it stays on Today after it was acknowledged"))


class NoteForm(NoteFields, CreateForm):
    """A new note."""


class EditNoteForm(NoteFields, EditForm):
    """A note to be changed."""

    @classmethod
    def shown(cls, note: ShiftNote) -> "EditNoteForm":
        """The form with what is stored."""
        names = ("version", "text", "kind", "is_pinned")
        return cls(formdata=None, data={name: getattr(note, name) for name in names})


class VoidForm(Form):
    reason = StringField(_l("Reason"), [DataRequired(_l("Say why, in a few words.")), Length(max=200)])


def words() -> dict[str, Any]:
    """What the templates of the shift log name things by."""
    return {"KINDS": KIND_WORDS, "NOTE_ACTIONS": ACTION_WORDS, "Kind": Kind}
