"""Boards and the steps taken on tickets."""

from typing import Any

from flask import Response, abort, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import also_requires, reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.queries import list_services
from clinic.errors import Conflict, Invalid, KeyUsed
from clinic.numbers import whole
from clinic.queue import queries, service
from clinic.queue.blueprint import blueprint
from clinic.queue.forms import STEP_WORDS, CancelForm, MoveForm, TransferForm
from clinic.queue.models import STEP_PERMISSIONS, QueueEntry, QueueEvent, Step
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.forms import incomplete
from clinic.web.security import actor, settings

# Steps that need no more than a button; the others have forms of their own.
BUTTONS = {
    Step.CALL,
    Step.RECALL,
    Step.START,
    Step.HOLD,
    Step.RESUME,
    Step.FINISH,
    Step.NO_SHOW,
    Step.LEAVE,
    Step.WITHDRAW,
    Step.RESTORE,
    Step.CLOSE,
    Step.CONFIRM,
}


@blueprint.get("")
@requires("queue.view")
@reads_nothing("how many wait where")
def index() -> Response:
    loads = queries.list_departments(current_session(), today())
    return htmx.page("queue/index.html", partial="queue/_departments.html", loads=loads)


@blueprint.get("/boards/<int:department_id>")
@requires("queue.view")
@reads("list")
def board(department_id: int) -> Response:
    return htmx.page("queue/board.html", partial="queue/_board.html", **_board(department_id, _room_argument()))


def _room_argument() -> int | None:
    return request.args.get("room", type=whole)


def _board(department_id: int, only_room: int | None, error: str | None = None) -> dict[str, Any]:
    """Everything a board shows. `only_room` narrows it to one room, which is then also where calls go."""
    read = current_session()
    department = queries.get_department(read, department_id)
    rooms = queries.list_rooms(read, department_id)
    board = queries.get_board(read, department_id, today(), room_id=only_room)
    reading.shown(*board.patient_ids)
    return {
        "department": department,
        "rooms": rooms,
        "only_room": next((r for r in rooms if r.id == only_room), None),
        "room_id": only_room or _usual_room(department_id, [r.id for r in rooms]),
        "board": board,
        "form": MoveForm(formdata=None),
        "error": error,
    }


def _usual_room(department_id: int, room_ids: list[int]) -> int | None:
    """The only room, or the one this person last worked in."""
    if len(room_ids) == 1:
        return room_ids[0]
    return queries.find_room_choice(current_session(), actor().id, department_id)


@blueprint.post("/boards/<int:department_id>/room")
@requires("queue.call")
@reads("list")
def choose_room(department_id: int) -> BaseResponse:
    form = _move_form()
    with transaction() as write:
        service.choose_room(write, user_id=actor().id, department_id=department_id, room_id=form.room_id.data or 0)
    return _board_or_redirect(form, department_id)


@blueprint.post("/boards/<int:department_id>/call-next")
@requires("queue.call")
@reads("list")
def call_next(department_id: int) -> BaseResponse:
    form = _move_form()
    key = form.key
    if key is None:
        raise incomplete()
    try:
        room_id = _room_for_call(form, department_id)
    except Invalid as error:
        return _board_or_redirect(form, department_id, error=error.message, status=422)
    try:
        with transaction() as write:
            entry = service.call_next(
                write,
                department_id=department_id,
                room_id=room_id,
                key=key,
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            event = queries.find_last_event(write, entry.id) if entry else None
    except KeyUsed:
        return _board_or_redirect(form, department_id, error=_("Somebody was called from here already."), status=409)
    if entry is None or event is None:
        return _board_or_redirect(form, department_id, toast=_("Nobody is waiting."))
    return _stepped(form, entry, event)


@blueprint.post("/boards/<int:department_id>/close-left-open")
@requires("queue.call")
@reads("list")
def close_left_open(department_id: int) -> BaseResponse:
    form = _move_form()
    with transaction() as write:
        service.close_left_open(
            write, department_id=department_id, actor=actor(), now=clock.now(), zone=settings().zone
        )
    return _board_or_redirect(form, department_id, toast=_("The tickets of earlier days were closed."))


def _of_button(entry_id: int, step: str) -> tuple[str, ...]:
    return (STEP_PERMISSIONS[Step(step)],) if step in BUTTONS else ()


@blueprint.post("/<int:entry_id>/<step>")
@requires("queue.call")
@reads("list")
@also_requires(_of_button)
def move(entry_id: int, step: str) -> BaseResponse:
    form = _move_form()
    taken = Step(step) if step in BUTTONS else abort(404)
    try:
        room_id = None
        if taken in (Step.CALL, Step.RECALL):
            room_id = _room_for_call(form, queries.get_entry(current_session(), entry_id).department_id)
        with transaction() as write:
            entry = service.move_entry(
                write, entry_id=entry_id, step=taken, room_id=room_id, actor=actor(), now=clock.now()
            )
            event = queries.find_last_event(write, entry.id)
    except (Conflict, Invalid) as error:
        if form.board.data is None:
            raise
        status = 409 if isinstance(error, Conflict) else 422
        return _board_or_redirect(form, form.board.data, error=error.message, status=status)
    return _stepped(form, entry, event)


def _move_form() -> MoveForm:
    form = MoveForm()
    if not form.validate():
        abort(400)
    return form


def _room_for_call(form: MoveForm, department_id: int) -> int | None:
    """Where the patient is to go: the room sent along, else the usual one; none in a department without rooms."""
    room_ids = [r.id for r in queries.list_rooms(current_session(), department_id)]
    room_id = form.room_id.data or _usual_room(department_id, room_ids)
    if room_ids and room_id not in room_ids:
        raise Invalid(_("Choose your room first."), "room_id")
    return room_id


@blueprint.get("/<int:entry_id>/cancel")
@requires("queue.call")
@reads("patient")
def ask_cancel(entry_id: int) -> Response:
    return _ask(
        "queue/_cancel.html",
        _("Cancel ticket"),
        CancelForm(formdata=None),
        queries.get_entry(current_session(), entry_id),
    )


@blueprint.post("/<int:entry_id>/cancel")
@requires("queue.call")
@reads("patient")
def cancel(entry_id: int) -> BaseResponse:
    form = CancelForm()
    if not form.validate():
        entry = queries.get_entry(current_session(), entry_id)
        return _ask("queue/_cancel.html", _("Cancel ticket"), form, entry, 422)
    with transaction() as write:
        entry = service.move_entry(
            write, entry_id=entry_id, step=Step.CANCEL, reason=form.reason.data, actor=actor(), now=clock.now()
        )
        event = queries.find_last_event(write, entry.id)
    return _stepped(None, entry, event)


@blueprint.get("/<int:entry_id>/transfer")
@requires("queue.call")
@reads("patient")
def ask_transfer(entry_id: int) -> Response:
    entry = queries.get_entry(current_session(), entry_id)
    return _ask("queue/_transfer.html", _("Transfer"), _transfer_form(entry, formdata=None), entry)


@blueprint.post("/<int:entry_id>/transfer")
@requires("queue.call")
@reads("patient")
def transfer(entry_id: int) -> BaseResponse:
    entry = queries.get_entry(current_session(), entry_id)
    form = _transfer_form(entry)
    if not form.validate():
        return _ask("queue/_transfer.html", _("Transfer"), form, entry, 422)
    with transaction() as write:
        entry = service.transfer_entry(
            write, entry_id=entry_id, service_id=form.service_id.data, actor=actor(), now=clock.now()
        )
        event = queries.find_last_event(write, entry.id)
    return _stepped(None, entry, event)


def _transfer_form(entry: QueueEntry, **options: object) -> TransferForm:
    services = [s for s in list_services(current_session()) if s.id != entry.service_id]
    return TransferForm(**options).offer(services)


def _ask(partial: str, title: str, form: CancelForm | TransferForm, entry: QueueEntry, status: int = 200) -> Response:
    reading.shown(entry.patient_id)
    back = url_for("queue.board", department_id=entry.department_id)
    return dialog(partial, f"{title} · {entry.ticket}", back, status, form=form, entry=entry)


@blueprint.post("/events/<int:event_id>/undo")
@requires("queue.call")
@reads("list")
@also_requires(lambda event_id: queries.get_event(current_session(), event_id).permissions)
def undo(event_id: int) -> BaseResponse:
    with transaction() as write:
        entry = service.undo_step(write, event_id=event_id, actor=actor(), now=clock.now())
        event = queries.find_last_event(write, entry.id)
    return _stepped(None, entry, event)


def _stepped(form: MoveForm | None, entry: QueueEntry, event: QueueEvent | None) -> BaseResponse:
    """After a step: the fresh board it was taken on, or a word to whatever page is open; with the way back."""
    reading.shown(entry.patient_id)
    done = STEP_WORDS[event.step].done if event else ""
    message = _("%(ticket)s %(done)s", ticket=entry.ticket, done=done)
    if not htmx.wants_partial():
        return htmx.go(url_for("queue.board", department_id=entry.department_id), toast=message)
    undo_toast = render_template("queue/_stepped.html", message=message, entry=entry, event=event)
    if form is not None and form.board.data:
        html = render_template("queue/_board.html", **_board(form.board.data, form.only_room.data))
        return make_response(html + undo_toast)
    return htmx.aside(undo_toast, "close-dialog, queue-changed")


def _board_or_redirect(
    form: MoveForm, department_id: int, *, error: str | None = None, toast: str | None = None, status: int = 200
) -> BaseResponse:
    """The fresh board with what went wrong above it; without htmx a redirect to it, or the page with the error."""
    only_room = form.only_room.data
    if not htmx.wants_partial() and error is None:
        return htmx.go(url_for("queue.board", department_id=department_id, room=only_room), toast=toast)
    context = _board(department_id, only_room, error)
    response = htmx.page("queue/board.html", partial="queue/_board.html", status=status, **context)
    return htmx.with_toast(response, toast, "info") if toast else response


@blueprint.get("/<int:entry_id>")
@requires("queue.view")
@reads("patient")
def show(entry_id: int) -> Response:
    entry = queries.get_entry(current_session(), entry_id)
    reading.shown(entry.patient_id)
    events = queries.list_events(current_session(), [entry_id])[entry_id]
    back = url_for("queue.board", department_id=entry.department_id)
    return dialog("queue/_entry_details.html", entry.ticket, back, entry=entry, events=events)
