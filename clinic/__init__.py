"""Clinic: front-desk software for a small clinic."""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.config import Settings, load_settings

if TYPE_CHECKING:
    from flask import Blueprint, Flask

ROOT = Path(__file__).parent.parent
# Whose routes.py is registered.
AREAS = (
    "appointments",
    "appointments.booking",
    "appointments.calendar",
    "appointments.feeds",
    "appointments.schedules",
    "appointments.series",
    "appointments.slips",
    "appointments.waitlist",
    "audit",
    "auth",
    "auth.drafts",
    "auth.passwords",
    "desk",
    "desk.dashboard",
    "desk.notes",
    "desk.today",
    "directory",
    "documents",
    "documents.uploads",
    "exports",
    "imports",
    "ops",
    "ops.jobs",
    "patients",
    "patients.alerts",
    "patients.chart",
    "patients.duplicates",
    "patients.merging",
    "patients.photo",
    "patients.printing",
    "patients.registration",
    "queue",
    "queue.closing",
    "queue.displays",
    "queue.displays.screen",
    "queue.kiosk",
    "queue.kiosk.screen",
    "queue.notices",
    "queue.phone",
    "queue.tickets",
    "queue.walkins",
    "visits",
)


def own_files() -> None:
    """What this process makes from now on is for nobody else to read."""
    os.umask(0o077)


def create_app(settings: Settings | None = None) -> "Flask":
    """The application: config, then extensions, then web, then areas.

    Raises SettingsError naming every setting that is missing or unusable. Flask is imported here and not
    above: the supervisor uses this package without it and stays small.
    """
    from flask import Flask

    from clinic import cli, extensions, web

    settings = settings or load_settings()
    own_files()
    app = Flask("clinic", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(CLINIC=settings, SECRET_KEY=settings.secret_key, TESTING=settings.env == "test")
    extensions.install(app, settings)
    web.install(app, settings)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    cli.install(app)
    return app


def _blueprints() -> "list[Blueprint]":
    """Modules of one area share its blueprint."""
    modules = [import_module(f"clinic.{area}.routes") for area in AREAS]
    return list(dict.fromkeys(module.blueprint for module in modules))
