"""gettext in templates: a request's translations are looked up once, not for each of its texts."""

from babel.support import NullTranslations
from flask import Flask, g
from flask_babel import get_translations


def install(app: Flask) -> None:
    """Replace Flask-Babel's callables, which ask for the locale, its catalogue and the domain at every text."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _current().ugettext(text),
        ngettext=lambda one, many, count: _current().ungettext(one, many, count),
        newstyle=True,
    )


def _current() -> NullTranslations:
    found: NullTranslations | None = g.get("translations")
    if found is None:
        found = g.translations = get_translations()
    return found
