"""The page that ends a day."""

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.service import mark_no_show, undo_step
from clinic.auth.access import requires
from clinic.db import current_session, transaction
from clinic.queue import forms as queue_forms
from clinic.queue.closing.forms import MissedForm
from clinic.queue.closing.queries import get_day_end
from clinic.queue.closing.service import close_day
from clinic.visits.forms import words
from clinic.visits.queries import count_states
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("closing", __name__, url_prefix="/queue/closing")
blueprint.context_processor(words)
blueprint.context_processor(queue_forms.words)


@blueprint.get("")
@requires("visits.close_day")
def index() -> Response:
    read, day = current_session(), today()
    return htmx.page(
        "queue/closing/index.html",
        partial="queue/closing/_open.html",
        end=get_day_end(read, day, now=clock.now()),
        counts=count_states(read, day),
    )


@blueprint.get("/all")
@requires("visits.close_day")
def ask_all() -> Response:
    """What will happen, before it does."""
    end = get_day_end(current_session(), today(), now=clock.now())
    return dialog("queue/closing/_confirm.html", _("Close all"), url_for("closing.index"), end=end)


@blueprint.post("/all")
@requires("visits.close_day")
def close_all() -> BaseResponse:
    with transaction() as write:
        closed = close_day(write, day=today(), actor=actor(), now=clock.now())
    toast = ngettext("%(num)s was closed.", "%(num)s were closed.", closed)
    return htmx.go(url_for("closing.index"), toast=toast)


@blueprint.post("/appointments/<int:appointment_id>/no-show")
@requires("visits.close_day")
def no_show(appointment_id: int) -> BaseResponse:
    form = MissedForm()
    if not form.validate():
        abort(400)
    with transaction() as write:
        event = mark_no_show(
            write,
            appointment_id=appointment_id,
            expected_version=form.version.data,
            actor=actor(),
            now=clock.now(),
        )
        event_id = event.id
    if not htmx.wants_partial():
        return htmx.go(url_for("closing.index"), toast=_("No-show"))
    response = make_response(render_template("queue/closing/_missed.html", event_id=event_id))
    response.headers["HX-Reswap"], response.headers["HX-Trigger"] = "none", "appointments-changed"
    return response


@blueprint.post("/appointments/events/<int:event_id>/undo")
@requires("visits.close_day")
def undo_no_show(event_id: int) -> BaseResponse:
    with transaction() as write:
        undo_step(write, event_id=event_id, actor=actor(), now=clock.now(), zone=settings().zone)
    if not htmx.wants_partial():
        return htmx.go(url_for("closing.index"))
    return Response(status=204, headers={"HX-Trigger": "appointments-changed"})
