"""HTTP machinery that belongs to no area."""

from flask import Flask
from jinja2 import StrictUndefined

from clinic import hurry
from clinic.config import Settings
from clinic.db import db
from clinic.web import (
    addresses,
    drafts,
    errors,
    filters,
    flashes,
    frame,
    languages,
    logging,
    navigation,
    reading,
    requests,
    security,
    streams,
    templating,
    translations,
)


def install(app: Flask, settings: Settings) -> None:
    """Logging first, so that every answer is logged; the gate before any view."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    logging.install(app, settings.log_level)
    app.before_request(hurry.begin_request)
    app.teardown_request(hurry.end_request)
    requests.install(app, settings)
    security.install(app, settings)
    reading.install(app)
    drafts.install(app)
    errors.install(app)
    filters.install(app)
    flashes.install(app)
    templating.install(app)
    translations.install(app)
    languages.install(app)
    addresses.install(app)
    navigation.install(app)
    frame.install(app)
    streams.install(app, settings.stream_limit)
    with app.app_context():
        logging.log_slow_queries(db.engine, settings.slow_query_ms)
