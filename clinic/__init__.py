"""Clinic: front-desk software for a small clinic."""

from pathlib import Path
from typing import TYPE_CHECKING

from clinic.config import Settings, load_settings

if TYPE_CHECKING:
    from flask import Blueprint, Flask

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings | None = None) -> "Flask":
    """The application: config, then extensions, then web, then areas.

    Raises SettingsError naming every setting that is missing or unusable. Flask is imported here and not
    above: the supervisor uses this package without it and stays small.
    """
    from flask import Flask

    from clinic import cli, extensions, web

    settings = settings or load_settings()
    app = Flask("clinic", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(CLINIC=settings, SECRET_KEY=settings.secret_key, TESTING=settings.env == "test")
    extensions.install(app, settings)
    web.install(app, settings)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    cli.install(app)
    return app


def _blueprints() -> "list[Blueprint]":
    from clinic.audit import routes as audit
    from clinic.auth import routes as auth
    from clinic.desk import routes as desk
    from clinic.directory import routes as directory
    from clinic.documents import routes as documents
    from clinic.documents.uploads import routes as uploads
    from clinic.exports import routes as exports
    from clinic.imports import routes as imports
    from clinic.ops import routes as ops
    from clinic.ops.jobs import routes as jobs
    from clinic.patients import routes as patients
    from clinic.patients.alerts import routes as alerts
    from clinic.patients.chart import routes as chart
    from clinic.patients.registration import routes as registration
    from clinic.queue import routes as queue
    from clinic.queue.displays import routes as displays
    from clinic.queue.displays.screen import routes as screen
    from clinic.queue.tickets import routes as tickets
    from clinic.visits import routes as visits

    areas = (
        alerts,
        audit,
        auth,
        chart,
        desk,
        directory,
        displays,
        documents,
        exports,
        imports,
        jobs,
        ops,
        patients,
        queue,
        registration,
        screen,
        tickets,
        uploads,
        visits,
    )
    # Modules of one area share its blueprint.
    return list(dict.fromkeys(area.blueprint for area in areas))
