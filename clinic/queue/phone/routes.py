"""The page of a ticket. It names nobody: whoever finds a ticket learns no more than the waiting room's screen shows."""

from flask import Blueprint, Response, current_app, make_response, render_template, request

from clinic import clock
from clinic.auth.access import public, reads_nothing
from clinic.db import current_session
from clinic.queue.models import State
from clinic.queue.phone.queries import Place, get_followed, get_place
from clinic.queue.waits.outlook import Outlooks
from clinic.web import languages

blueprint = Blueprint("phone", __name__, url_prefix="/t")
WHY = "the random token in the address is the key of one ticket's place in the queue, without a name"


@blueprint.get("/<ticket_token>")
@public(WHY)
@reads_nothing("a place in the queue, without a name")
def show(ticket_token: str) -> str:
    languages.write_for_reader(list(languages.languages()))
    return render_template(
        "queue/phone/show.html", token=ticket_token, languages=languages.languages(), **_place(ticket_token)
    )


@blueprint.get("/<ticket_token>/place")
@public(WHY)
@reads_nothing("a place in the queue, without a name")
def place(ticket_token: str) -> Response:
    """The part of the page that changes; 304 while it has not, which is what most of the phones hear."""
    languages.write_for_reader(list(languages.languages()))
    response = make_response(render_template("queue/phone/_place.html", **_place(ticket_token)))
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _place(token: str) -> dict[str, object]:
    session, now = current_session(), clock.now()
    found: Place = get_place(session, get_followed(session, token, now), outlooks(), now)
    return {"place": found, "entry": found.entry, "State": State, "now": now}


def outlooks() -> Outlooks:
    """This process's outlooks."""
    kept: Outlooks = current_app.extensions.setdefault("clinic_outlooks", Outlooks())
    return kept
