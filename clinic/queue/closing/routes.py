"""The page that ends a day."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.errors import Invalid
from clinic.queue import forms as queue_forms
from clinic.queue.closing.forms import CloseForm
from clinic.queue.closing.queries import get_closing_time, get_day_end, list_closings
from clinic.queue.closing.service import close_today
from clinic.queue.closing.undo import undo_closing
from clinic.visits.forms import words
from clinic.visits.queries import count_states
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("closing", __name__, url_prefix="/queue/closing")
blueprint.context_processor(words)
blueprint.context_processor(queue_forms.words)


@blueprint.get("")
@requires("visits.close_day")
@reads("list")
def index() -> Response:
    read, day = current_session(), today()
    end = get_day_end(read, day, now=clock.now())
    closings = list_closings(read)
    left = {number for closing in closings for kind, number in closing.left if kind == "patient"}
    reading.shown(*end.patient_ids, *left)
    return htmx.page(
        "queue/closing/index.html",
        partial="queue/closing/_open.html",
        end=end,
        counts=count_states(read, day),
        closings=closings,
    )


@blueprint.get("/all")
@requires("visits.close_day")
@reads("list")
def ask_all() -> Response:
    """What will happen, before it does."""
    return _ask(CloseForm(formdata=None))


def _ask(form: CloseForm, status: int = 200) -> Response:
    read, now, zone = current_session(), clock.now(), settings().zone
    end, closes_at = get_day_end(read, today(), now=now), get_closing_time(read, today(), zone)
    reading.shown(*end.patient_ids)
    return dialog(
        "queue/closing/_confirm.html",
        _("Close all"),
        url_for("closing.index"),
        status,
        form=form,
        end=end,
        closes_at=closes_at if end.is_busy and now < closes_at else None,
    )


@blueprint.post("/all")
@requires("visits.close_day")
@reads("list")
def close_all() -> BaseResponse:
    form = CloseForm()
    given: dict[str, Any] = {"actor": actor(), "now": clock.now(), "zone": settings().zone}
    try:
        with transaction() as write:
            closing = close_today(write, day=today(), is_confirmed=form.confirm.data, **given)
            closing_id, people = (closing.id, closing.people) if closing else (None, 0)
    except Invalid as error:
        form.add_error(error)
        return _ask(form, 422)
    if closing_id is None:
        return _done(_("Nothing was open."))
    message = ngettext("The day was closed for %(num)s person.", "The day was closed for %(num)s people.", people)
    return _done(message, undo=url_for("closing.undo", closing_id=closing_id))


@blueprint.post("/<int:closing_id>/undo")
@requires("visits.close_day")
@reads("list")
def undo(closing_id: int) -> BaseResponse:
    """What nobody went on with is as before; the page lists the rest."""
    with transaction() as write:
        closing = undo_closing(write, closing_id=closing_id, actor=actor(), now=clock.now(), zone=settings().zone)
        put_back, left = closing.put_back, len(closing.left)
    message = ngettext("%(num)s person is as before.", "%(num)s people are as before.", put_back)
    if left:
        more = ngettext(
            "Somebody had gone on with %(num)s, who stays: see End of day.",
            "Somebody had gone on with %(num)s, who stay: see End of day.",
            left,
        )
        message = f"{message} {more}"
    return _done(message)


def _done(message: str, *, undo: str | None = None) -> BaseResponse:
    reading.shown()
    changed = "close-dialog, queue-changed, visits-changed, appointments-changed"
    return htmx.done(message, back=url_for("closing.index"), changed=changed, undo=undo)
