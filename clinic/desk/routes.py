"""Where a signed-in person starts, and the stream of live events."""

from flask import Blueprint, Response, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import public, reads_nothing, requires
from clinic.auth.queries import goes_on, session_topic
from clinic.web.security import settings
from clinic.web.streams import event_stream, while_true

blueprint = Blueprint("desk", __name__)
# What any member of staff may know of, with all topics after a colon.
TOPICS = frozenset(
    (
        "all",
        "appointments",
        "directory",
        "documents",
        "jobs",
        "notes",
        "patients",
        "queue",
        "schedules",
        "visits",
        "waitlist",
    )
)


@blueprint.get("/")
@public("only sends people to where they may go")
@reads_nothing("it only leads on")
def home() -> BaseResponse:
    if not current_user.is_authenticated:
        return redirect(url_for("auth.new"))
    return redirect(url_for("today.index"))


@blueprint.get("/live")
@requires("account.use")
@reads_nothing("events say that something changed, never of whom")
def live() -> Response:
    """Every topic staff may know of: events carry no patient data."""
    session_id, idle = current_user.session_id, settings().session_idle
    leave = while_true(session_topic(session_id), lambda read: goes_on(read, session_id, now=clock.now(), idle=idle))
    return event_stream(TOPICS, leave)
