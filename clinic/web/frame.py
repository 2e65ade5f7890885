"""Parts of pages that do not depend on what a page shows: written once and kept.

The menu, the key map and the head of a page are seventy texts and forty icons. Writing them anew for each page took
longer than reading and writing fifty patients; so did the menus of a day sheet's rows, alike but for their numbers.
"""

from collections.abc import Hashable, Mapping
from functools import lru_cache, partial
from typing import Any

from flask import Flask, current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup

MAX_KEPT = 500
MAX_LINES = 3_000
# Stand in a kept part where each row has something of its own: numbers that no row has, so that they fit an address.
MARKS = {name: 9_000_000_000_000_001 + n for n, name in enumerate(("id", "version", "patient_id", "name"))}


def kept(template: str, *inputs: Hashable, **shown: Hashable) -> Markup:
    """The HTML of `template`, rendered once in each language for the same `inputs` and `shown`: all it depends on.

    `shown` are its variables; `inputs` are what else it asks for itself, such as the roles of the reader.
    """
    cache: dict[Hashable, Markup] = current_app.extensions["frame"]
    key = (template, str(get_locale()), inputs, tuple(shown.items()))
    html = cache.get(key)
    if html is None:
        if len(cache) >= MAX_KEPT:
            cache.clear()
        # What depends on nothing sees nothing: pages of errors hold such parts, too.
        render = render_template if inputs or shown else render_alone
        html = cache[key] = Markup(render(template, marks=MARKS, **shown))  # nosec B704: templates escape
    return html


def render_alone(template: str, **shown: Any) -> str:
    """Without what other pages are given (Flask's context processors), which asks who is signed in."""
    return current_app.jinja_env.get_template(template).render(settings=current_app.config["CLINIC"], **shown)


def stamped(template: str, values: Mapping[str, object], **shown: Hashable) -> Markup:
    """A kept part of a row, in which `values` take the places of the marks of these names."""
    html = kept(template, **shown)
    for name, value in values.items():
        html = html.replace(str(MARKS[name]), str(value))
    return html


def written(template: str, line: Hashable, **shown: Hashable) -> Markup:
    """A line of a long list, rendered again only when something of it changed.

    `line` (what is read of it) and `shown` are all that `template` depends on but for the language; it sees no context.
    """
    html: Markup = current_app.extensions["frame_lines"](template, str(get_locale()), line, tuple(shown.items()))
    return html


def _write(
    app: Flask, template: str, _language: str, line: Hashable, shown: tuple[tuple[str, Hashable], ...]
) -> Markup:
    html = app.jinja_env.get_template(template).render(line=line, **dict(shown))
    return Markup(html)  # nosec B704: templates escape


def install(app: Flask) -> None:
    """Offer `kept()`, `stamped()` and `written()` to every template."""
    app.extensions["frame"] = {}
    app.extensions["frame_lines"] = lru_cache(MAX_LINES)(partial(_write, app))
    for function in (kept, stamped, written):
        app.add_template_global(function)
