"""The one switch between a whole page and a part of it."""

import json
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from clinic.web import flashes


def wants_partial() -> bool:
    """Whether htmx asked for a part: a history restore gets the whole page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def page(template: str, *, partial: str, status: int = 200, **context: Any) -> Response:
    """Render `template` for a browser, `partial` for htmx, with the same context."""
    return make_response(render_template(partial if wants_partial() else template, **context), status)


def go(location: str, *, toast: str | None = None) -> BaseResponse:
    """Send the browser elsewhere after a write: 303, or HX-Redirect for htmx.

    `toast` is a message shown on the next page.
    """
    if toast:
        flashes.leave(toast)
    if wants_partial():
        return Response(status=204, headers={"HX-Redirect": location})
    return redirect(location, 303)


def aside(html: str, changed: str) -> Response:
    """Swap only what `html` places itself; open lists that wait for the events `changed` read themselves again."""
    response = make_response(html)
    response.headers["HX-Reswap"], response.headers["HX-Trigger"] = "none", changed
    return response


def done(message: str, *, back: str, changed: str, undo: str | None = None, who: str | None = None) -> BaseResponse:
    """A word to whatever page is open, with the address of the way back if there is one; without htmx on to `back`.

    `who` is the patient it is about: shown beside the word, but never where it would travel in a cookie.
    """
    if not wants_partial():
        return go(back, toast=message)
    return aside(render_template("layout/_done.html", message=message, undo=undo, who=who), changed)


def with_toast(response: Response, message: str, kind: str = "success", *, close_dialog: bool = False) -> Response:
    """Let htmx show `message` beside the swapped part, and close the dialog the request came from."""
    events: dict[str, object] = {"toast": {"message": message, "kind": kind}}
    if close_dialog:
        events["close-dialog"] = ""
    response.headers["HX-Trigger"] = json.dumps(events)
    return response
