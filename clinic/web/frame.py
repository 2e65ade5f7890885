"""Parts of pages that do not depend on what a page shows: written once and kept.

The menu, the key map and the head of a page are seventy texts and forty icons. Writing them anew for each page took
longer than reading and writing fifty patients; so did the menus of a day sheet's rows, alike but for their numbers.
"""

from collections.abc import Hashable, Mapping

from flask import Flask, current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup

MAX_KEPT = 500
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
        html = cache[key] = Markup(render_template(template, marks=MARKS, **shown))  # nosec B704: templates escape
    return html


def stamped(template: str, values: Mapping[str, object], **shown: Hashable) -> Markup:
    """A kept part of a row, in which `values` take the places of the marks of these names."""
    html = kept(template, **shown)
    for name, value in values.items():
        html = html.replace(str(MARKS[name]), str(value))
    return html


def install(app: Flask) -> None:
    """Offer `kept()` and `stamped()` to every template."""
    app.extensions["frame"] = {}
    app.add_template_global(kept)
    app.add_template_global(stamped)
