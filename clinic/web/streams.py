"""Server-sent events over HTTP: one hub in each web process."""

from flask import Flask, Response, current_app
from flask_babel import gettext as _

from clinic.db import db
from clinic.errors import Unavailable
from clinic.live import Hub, TooManyStreams

# A stream ends after this and the browser reconnects, so that a revoked session loses it.
STREAM_SECONDS = 300


def install(app: Flask, limit: int) -> None:
    """Give the app its hub; `limit` is the number of streams this process carries."""
    app.extensions["clinic_hub"] = Hub(limit)


def event_stream(topics: frozenset[str]) -> Response:
    """The stream of `topics`, holding no database connection. Raises Unavailable when the process is full."""
    db.session.close()
    hub: Hub = current_app.extensions["clinic_hub"]
    try:
        events = hub.stream(topics, STREAM_SECONDS)
    except TooManyStreams as error:
        raise Unavailable(_("Too many screens are open; this one refreshes itself instead.")) from error
    return Response(
        events,
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Retry-After": "30"},
    )
