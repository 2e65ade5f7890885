"""The page that ends a day."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.queue import forms as queue_forms
from clinic.queue.closing.queries import get_day_end
from clinic.queue.closing.service import close_day
from clinic.visits.forms import words
from clinic.visits.queries import count_states
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor

blueprint = Blueprint("closing", __name__, url_prefix="/queue/closing")
blueprint.context_processor(words)
blueprint.context_processor(queue_forms.words)


@blueprint.get("")
@requires("visits.close_day")
@reads("list")
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
@reads("list")
def ask_all() -> Response:
    """What will happen, before it does."""
    end = get_day_end(current_session(), today(), now=clock.now())
    return dialog("queue/closing/_confirm.html", _("Close all"), url_for("closing.index"), end=end)


@blueprint.post("/all")
@requires("visits.close_day")
@reads("list")
def close_all() -> BaseResponse:
    with transaction() as write:
        closed = close_day(write, day=today(), actor=actor(), now=clock.now())
    toast = ngettext("%(num)s was closed.", "%(num)s were closed.", closed)
    return htmx.go(url_for("closing.index"), toast=toast)
