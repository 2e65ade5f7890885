"""Server-sent events over HTTP: one hub in each web process."""

from collections.abc import Callable

from flask import Flask, Response, current_app
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.db import current_session, db
from clinic.errors import Unavailable
from clinic.live import Hub, Leave, TooManyStreams

# A stream ends after this and the browser reconnects.
STREAM_SECONDS = 300


def install(app: Flask, limit: int) -> None:
    """Give the app its hub; `limit` is the number of streams this process carries."""
    app.extensions["clinic_hub"] = Hub(limit)


def while_true(topic: str, check: Callable[[Session], bool]) -> Leave:
    """A leave that is good while `check(session)` says so, on a database session of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def is_good() -> bool:
        with app.app_context():
            try:
                return check(current_session())
            except OperationalError:
                # Nobody knows; the stream tells of nothing but that something changed.
                return True

    return Leave(topic, is_good)


def event_stream(topics: frozenset[str], leave: Leave) -> Response:
    """The stream of `topics` while `leave` is good, holding no database connection. Raises Unavailable when the process
    is full."""
    db.session.close()
    hub: Hub = current_app.extensions["clinic_hub"]
    try:
        events = hub.stream(topics, STREAM_SECONDS, leave)
    except TooManyStreams as error:
        raise Unavailable(_("Too many screens are open; this one refreshes itself instead.")) from error
    return Response(
        events,
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Retry-After": "30"},
    )
