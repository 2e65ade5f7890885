"""Instances of the Flask extensions and what binds them to an app."""

import os

from flask import Flask, g
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from clinic import crypto, hurry, queueing
from clinic.audit.service import use_audit_key
from clinic.config import Settings
from clinic.db import configure_engine, db, engine_options
from clinic.documents.storage import open_storage, use_storage
from clinic.patients.merging import guard

babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
login_manager = LoginManager()
migrate = Migrate()
talisman = Talisman()


def install(app: Flask, settings: Settings) -> None:
    """Keys, database, Redis and languages; the web's own extensions are bound in clinic.web."""
    crypto.use_key_ring(crypto.KeyRing(settings.encryption_keys, settings.blind_index_key))
    use_audit_key(settings.audit_key)
    use_storage(open_storage(settings.storage_url, settings.var))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, settings.database_pool),
        BABEL_DEFAULT_LOCALE=settings.locale,
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
        RATELIMIT_STORAGE_URI=_limits_url(settings.redis_url),
        RATELIMIT_STORAGE_OPTIONS={"connection_pool": hurry.hurried_pool(settings.redis_url)},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_HEADERS_ENABLED=True,
    )
    guard.install()
    db.init_app(app)
    migrate.init_app(app, db, directory=f"{app.root_path}/migrations")
    babel.init_app(app, locale_selector=_chosen_locale)
    queueing.connect(settings.redis_url)
    with app.app_context():
        configure_engine(db.engine)
        # A forked worker must not share its parent's connections.
        engine = db.engine
        os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))


def _chosen_locale() -> str | None:
    """The locale that a public page was asked for in; None means the clinic's own."""
    locale: str | None = g.get("language")
    return locale


def _limits_url(redis_url: str) -> str:
    """The same Redis in the spelling of the limits library."""
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url
