"""Clinic: front-desk software for a small clinic."""

from pathlib import Path

from flask import Blueprint, Flask

from clinic.config import Settings, load_settings

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings | None = None) -> Flask:
    """The application: config, then extensions, then web, then areas.

    Raises SettingsError naming every setting that is missing or unusable.
    """
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


def _blueprints() -> list[Blueprint]:
    from clinic.audit import routes as audit
    from clinic.auth import routes as auth
    from clinic.desk import routes as desk
    from clinic.patients import routes as patients

    return [desk.blueprint, audit.blueprint, auth.blueprint, patients.blueprint]
