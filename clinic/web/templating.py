"""How templates find what every one of them may use."""

from collections import ChainMap
from collections.abc import MutableMapping
from typing import Any

from flask import Flask


def install(app: Flask) -> None:
    """Give templates the environment's own globals.

    Jinja gives each template a ChainMap of none of its own and the environment's: copied at every include and compared
    at every import, the two cost a page a tenth of its time.
    """
    shared = app.jinja_env.globals

    def make_globals(own: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return ChainMap(dict(own), shared) if own else shared

    app.jinja_env.make_globals = make_globals  # type: ignore[assignment, method-assign]
