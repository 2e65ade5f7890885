"""The shift log on the screen: written, acknowledged, changed and voided, here and on Today."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.audit.queries import list_of_entity
from clinic.auth.access import reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.desk.notes import queries, service
from clinic.desk.notes.forms import EditNoteForm, NoteFields, NoteForm, VoidForm, words
from clinic.desk.notes.models import ShiftNote
from clinic.desk.notes.page import open_notes
from clinic.errors import Conflict
from clinic.paging import FETCHED, page_after, read_key
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.security import actor

blueprint = Blueprint("notes", __name__, url_prefix="/notes")
blueprint.context_processor(words)


@blueprint.get("")
@requires("notes.view")
@reads_nothing("notes of a shift are kept by day, not by patient")
def index() -> Response:
    rows = queries.list_notes(current_session(), before=read_key(request.args.get("after")), limit=FETCHED)
    page = page_after(rows, lambda note: (note.id,))
    return htmx.page("desk/notes/index.html", partial="desk/notes/_log.html", page=page)


@blueprint.get("/open")
@requires("notes.view")
@reads_nothing("notes of a shift are kept by day, not by patient")
def pending() -> str:
    """What Today shows of the log."""
    return render_template("desk/notes/_open.html", **open_notes(current_session()))


@blueprint.get("/new")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def new() -> Response:
    return _ask(NoteForm(formdata=None), None)


@blueprint.post("")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def create() -> BaseResponse:
    form = NoteForm()
    if not form.validate():
        return _ask(form, None, 422)
    with transaction() as write:
        note = service.write_note(write, key=form.key, **_written(form), actor=actor(), now=clock.now())
    return _done(note, _("The note stands in the shift log."))


def _written(form: NoteFields) -> dict[str, Any]:
    return {"kind": form.kind.data, "text": form.text.data, "is_pinned": form.is_pinned.data}


def _ask(form: NoteFields, note: ShiftNote | None, status: int = 200) -> Response:
    title = _("Change this note") if note else _("Note for the next shift")
    return dialog("desk/notes/_form.html", title, url_for("notes.index"), status, form=form, note=note)


@blueprint.get("/<int:note_id>")
@requires("notes.view")
@reads_nothing("notes of a shift are kept by day, not by patient")
def show(note_id: int) -> Response:
    """A note with everything that was done to it."""
    read = current_session()
    note = queries.get_note(read, note_id)
    entries = list_of_entity(read, "shift_note", note_id)
    return dialog("desk/notes/_details.html", _("Shift log"), url_for("notes.index"), note=note, entries=entries)


@blueprint.get("/<int:note_id>/edit")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def edit(note_id: int) -> Response:
    note = queries.get_note(current_session(), note_id)
    return _ask(EditNoteForm.shown(note), note)


@blueprint.post("/<int:note_id>")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def update(note_id: int) -> BaseResponse:
    note, form = queries.get_note(current_session(), note_id), EditNoteForm()
    if not form.validate():
        return _ask(form, note, 422)
    try:
        with transaction() as write:
            note = service.edit_note(
                write,
                note_id=note_id,
                expected_version=form.expected_version,
                **_written(form),
                actor=actor(),
                now=clock.now(),
            )
    except Conflict as error:
        form.form_errors.append(error.message)
        fresh = queries.get_note(current_session(), note_id)
        return _ask(form, fresh, 409)
    return _done(note, _("The note was changed."))


@blueprint.get("/<int:note_id>/void")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def ask_void(note_id: int) -> Response:
    return _ask_void(VoidForm(formdata=None), note_id)


@blueprint.post("/<int:note_id>/void")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def void(note_id: int) -> BaseResponse:
    form = VoidForm()
    if not form.validate():
        return _ask_void(form, note_id, 422)
    with transaction() as write:
        note = service.void_note(write, note_id=note_id, reason=form.reason.data, actor=actor(), now=clock.now())
    return _done(note, _("The note was voided."), undo="notes.restore")


def _ask_void(form: VoidForm, note_id: int, status: int = 200) -> Response:
    note = queries.get_note(current_session(), note_id)
    return dialog("desk/notes/_void.html", _("Void this note"), url_for("notes.index"), status, form=form, note=note)


@blueprint.post("/<int:note_id>/acknowledge")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def acknowledge(note_id: int) -> BaseResponse:
    return _take(service.acknowledge_note, note_id, _("The note was acknowledged."), undo="notes.reopen")


@blueprint.post("/<int:note_id>/reopen")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def reopen(note_id: int) -> BaseResponse:
    return _take(service.reopen_note, note_id, _("The note is to be acknowledged again."))


@blueprint.post("/<int:note_id>/restore")
@requires("notes.write")
@reads_nothing("notes of a shift are kept by day, not by patient")
def restore(note_id: int) -> BaseResponse:
    return _take(service.restore_note, note_id, _("The note is back."))


def _take(how: Callable[..., ShiftNote], note_id: int, message: str, *, undo: str | None = None) -> BaseResponse:
    with transaction() as write:
        note = how(write, note_id=note_id, actor=actor(), now=clock.now())
    return _done(note, message, undo=undo)


def _done(note: ShiftNote, message: str, *, undo: str | None = None) -> BaseResponse:
    """A word to whatever page is open, with the endpoint that is the way back; every list re-reads itself."""
    way_back = url_for(undo, note_id=note.id) if undo else None
    return htmx.done(message, back=url_for("notes.index"), changed="close-dialog, notes-changed", undo=way_back)
