"""A form that opens in the shared dialog and is a page of its own without script."""

from typing import Any

from flask import Response, make_response, render_template

from clinic.web.htmx import wants_partial


def dialog(partial: str, title: str, back: str, status: int = 200, **context: Any) -> Response:
    """`partial` for the dialog, or the page around it; `back` is where cancelling leads.

    The partial gets `is_dialog`: only then its form may target a part of the page behind the dialog. A refused form (a
    status of 4xx) comes back into the dialog whatever it targeted.
    """
    is_dialog = wants_partial()
    context |= {"partial": partial, "title": title, "back": back, "is_dialog": is_dialog}
    response = make_response(render_template(partial if is_dialog else "dialog_page.html", **context), status)
    if status >= 400 and is_dialog:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#shared-dialog-body", "innerHTML"
    return response
