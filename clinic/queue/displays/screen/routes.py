"""What a waiting-room screen fetches. Its token is the only key, so nothing here reads a cookie."""

import hashlib
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template

from clinic import clock
from clinic.auth.access import public
from clinic.db import current_session, transaction
from clinic.extensions import csrf
from clinic.queue.displays.queries import get_display_by_token, get_screen
from clinic.queue.displays.service import note_seen, topic
from clinic.queue.service import topic as department_topic
from clinic.web.filters import today
from clinic.web.streams import event_stream

blueprint = Blueprint("display", __name__, url_prefix="/display")
WHY = "the random token in the address is the key of one screen, which shows tickets and rooms only"
FILES = ("js/display.js", "css/display.css")


@blueprint.get("/<token>")
@public(WHY)
def show(token: str) -> str:
    return render_template("queue/displays/screen/show.html", token=token, **_screen(token))


@blueprint.get("/<token>/calls")
@public(WHY)
def calls(token: str) -> str:
    return render_template("queue/displays/screen/_calls.html", **_screen(token))


@blueprint.get("/<token>/live")
@public(WHY)
def live(token: str) -> Response:
    display = get_display_by_token(current_session(), token)
    topics = {department_topic(d.id) for d in display.departments}
    return event_stream(frozenset({"all", topic(display.id), *topics}))


@blueprint.post("/<token>/seen")
@public(WHY)
@csrf.exempt  # type: ignore[untyped-decorator]
def seen(token: str) -> Response:
    display_id = get_display_by_token(current_session(), token).id
    with transaction() as write:
        note_seen(write, display_id=display_id, now=clock.now())
    return make_response("", 204)


def _screen(token: str) -> dict[str, object]:
    session = current_session()
    display = get_display_by_token(session, token)
    return {"display": display, "screen": get_screen(session, display, today()), "version": _version()}


def _version() -> str:
    """Changes with a deploy that changes the screen: open screens then load themselves again."""
    version: str | None = current_app.extensions.get("clinic_display_version")
    if version is None:
        content = b"".join((Path(current_app.static_folder or "") / name).read_bytes() for name in FILES)
        version = hashlib.sha256(content).hexdigest()[:12]
        current_app.extensions["clinic_display_version"] = version
    return version
