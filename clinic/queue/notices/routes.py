"""The page where a manager writes announcements and opening hours."""

from flask import Blueprint, Response, make_response, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.errors import Conflict, Invalid
from clinic.queue.notices import service
from clinic.queue.notices.forms import AnnouncementForm, HoursForm
from clinic.queue.notices.queries import list_announcements, list_hours
from clinic.web import htmx
from clinic.web.filters import today
from clinic.web.security import actor

blueprint = Blueprint("notices", __name__, url_prefix="/queue/notices")


@blueprint.get("")
@requires("queue.setup")
@reads_nothing("what screens tell everybody")
def index() -> Response:
    return _page()


def _page(form: AnnouncementForm | None = None, hours: HoursForm | None = None, status: int = 200) -> Response:
    """The page, with the form that was refused if one was."""
    read = current_session()
    context = {
        "announcements": list_announcements(read, today()),
        "form": form or AnnouncementForm(formdata=None),
        "hours": hours or HoursForm.of(list_hours(read)),
    }
    return make_response(render_template("queue/notices/index.html", **context), status)


@blueprint.post("")
@requires("queue.setup")
@reads_nothing("what screens tell everybody")
def create() -> BaseResponse:
    form = AnnouncementForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        with transaction() as write:
            service.add_announcement(
                write,
                text=form.text.data,
                starts_on=form.starts_on.data or today(),
                ends_on=form.ends_on.data,
                key=form.key,
                actor=actor(),
                now=clock.now(),
            )
    except Invalid as error:
        form.add_error(error)
        return _page(form, status=422)
    return htmx.go(url_for("notices.index"), toast=_("The screens show it now."))


@blueprint.post("/<int:announcement_id>/remove")
@requires("queue.setup")
@reads_nothing("what screens tell everybody")
def remove(announcement_id: int) -> BaseResponse:
    with transaction() as write:
        service.remove_announcement(write, announcement_id=announcement_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("notices.index"), toast=_("The announcement was taken off the screens."))


@blueprint.post("/hours")
@requires("queue.setup")
@reads_nothing("what screens tell everybody")
def set_hours() -> BaseResponse:
    form = HoursForm()
    if not form.validate():
        return _page(hours=form, status=422)
    try:
        with transaction() as write:
            service.set_hours(
                write, hours=form.hours, expected_version=form.version.data, actor=actor(), now=clock.now()
            )
    except Conflict as error:
        fresh = HoursForm.of(list_hours(current_session()))
        fresh.add_error(Invalid(error.message))
        return _page(hours=fresh, status=409)
    return htmx.go(url_for("notices.index"), toast=_("The opening hours were changed."))
