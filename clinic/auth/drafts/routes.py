"""Where a page whose session is over leaves what was typed into it."""

from flask import Blueprint, Response, url_for
from flask_login import current_user

from clinic.auth.access import public, reads_nothing
from clinic.web.drafts import keep_sent

blueprint = Blueprint("drafts", __name__, url_prefix="/auth/drafts")


@blueprint.post("")
@public("the session is over; its cookie says whose form it is")
@reads_nothing("a form is kept, nothing is shown")
def create() -> Response:
    """Keep the form; where to sign in again. 204 when the session is alive after all."""
    if current_user.is_authenticated:
        return Response(status=204)
    return Response(status=200, headers={"HX-Redirect": url_for("auth.new", next=keep_sent())})
