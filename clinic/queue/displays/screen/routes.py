"""What a waiting-room screen fetches. Its token is the only key, so nothing here reads a cookie."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask_babel import gettext as _

from clinic import clock
from clinic.auth.access import public, reads_nothing
from clinic.db import current_session, transaction
from clinic.extensions import csrf
from clinic.queue.devices.queries import get_device_by_token, has_device
from clinic.queue.devices.service import note_seen
from clinic.queue.displays.models import Display
from clinic.queue.displays.queries import Call, get_screen
from clinic.queue.displays.service import note_voices
from clinic.queue.notices.queries import get_notices
from clinic.queue.notices.service import TOPIC as NOTICES
from clinic.queue.service import topic as department_topic
from clinic.web import languages
from clinic.web.filters import today
from clinic.web.streams import event_stream, while_true

blueprint = Blueprint("display", __name__, url_prefix="/display")
WHY = "the random token in the address is the key of one screen, which shows tickets and rooms only"
FILES = ("js/display.js", "js/chime.js", "js/voice.js", "css/display.css")


@blueprint.get("/<token>")
@public(WHY)
@reads_nothing("a waiting room reads it, and it says what the clinic lets the room see")
def show(token: str) -> str:
    return render_template("queue/displays/screen/show.html", token=token, **_screen(token))


@blueprint.get("/<token>/calls")
@public(WHY)
@reads_nothing("a waiting room reads it, and it says what the clinic lets the room see")
def calls(token: str) -> str:
    return render_template("queue/displays/screen/_calls.html", **_screen(token))


@blueprint.get("/<token>/live")
@public(WHY)
@reads_nothing("a waiting room reads it, and it says what the clinic lets the room see")
def live(token: str) -> Response:
    display = get_device_by_token(current_session(), Display, token)
    topics = {department_topic(d.id) for d in display.departments}
    leave = while_true(display.topic, lambda read: has_device(read, Display, token))
    return event_stream(frozenset({"all", NOTICES, display.topic, *topics}), leave)


@blueprint.post("/<token>/seen")
@public(WHY)
@reads_nothing("a waiting room reads it, and it says what the clinic lets the room see")
@csrf.exempt  # type: ignore[untyped-decorator]
def seen(token: str) -> Response:
    """The screen is on; `voices` are the languages its browser speaks by itself, separated by commas."""
    voices = request.form.get("voices", type=lambda text: text[:1000].split(","))
    with transaction() as write:
        display = get_device_by_token(write, Display, token)
        note_seen(write, Display, device_id=display.id, now=clock.now())
        if voices is not None:
            note_voices(write, display=display, codes=voices)
    return make_response("", 204)


def _screen(token: str) -> dict[str, object]:
    session = current_session()
    display = get_device_by_token(session, Display, token)
    screen = get_screen(session, display, today())
    known = list(languages.offered(display.languages))
    speech = _speech(screen.calls, known) if display.is_spoken else {}
    languages.write_in(known[0])
    return {
        "display": display,
        "screen": screen,
        "speech": speech,
        "notices": get_notices(session, today()),
        "version": _version(),
    }


def _speech(calls: Sequence[Call], codes: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """What is said at each call, in each language. Never a name: who hears it need not see the screen."""
    said: dict[str, list[dict[str, str]]] = {call.key: [] for call in calls}
    for code in codes:
        languages.write_in(code)
        for call in calls:
            text = _("Number %(ticket)s, please come to %(place)s.", ticket=call.spoken_ticket, place=call.place)
            said[call.key].append({"lang": code, "text": text})
    return said


def _version() -> str:
    """Changes with a deploy that changes the screen: open screens then load themselves again."""
    version: str | None = current_app.extensions.get("clinic_display_version")
    if version is None:
        content = b"".join((Path(current_app.static_folder or "") / name).read_bytes() for name in FILES)
        version = hashlib.sha256(content).hexdigest()[:12]
        current_app.extensions["clinic_display_version"] = version
    return version
