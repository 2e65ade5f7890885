"""The parts around every page that do not depend on what it shows: written once and kept.

The menu, the key map and the head of a page are seventy texts and forty icons. Writing them anew for each page took
longer than reading and writing fifty patients.
"""

from collections.abc import Hashable

from flask import Flask, current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup

MAX_KEPT = 500


def kept(template: str, *inputs: Hashable) -> Markup:
    """The HTML of `template`, rendered once in each language for the same `inputs`: all that it depends on."""
    cache: dict[Hashable, Markup] = current_app.extensions["frame"]
    key = (template, str(get_locale()), *inputs)
    html = cache.get(key)
    if html is None:
        if len(cache) >= MAX_KEPT:
            cache.clear()
        html = cache[key] = Markup(render_template(template))  # escaped by the template itself
    return html


def install(app: Flask) -> None:
    """Offer `kept()` to every template."""
    app.extensions["frame"] = {}
    app.add_template_global(kept)
