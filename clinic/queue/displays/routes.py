"""The screens where a manager sets up displays."""

from flask import Blueprint, Response
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic.auth.access import reads_nothing, requires
from clinic.db import current_session
from clinic.queue.devices.pages import Pages
from clinic.queue.devices.queries import list_devices
from clinic.queue.displays.forms import PRIVACY_WORDS, EditDisplayForm, NewDisplayForm
from clinic.queue.displays.models import Display
from clinic.web import htmx
from clinic.web.languages import languages

blueprint = Blueprint("displays", __name__, url_prefix="/queue/displays")


def _words() -> dict[str, str]:
    return {
        "new": _("New screen"),
        "edit": _("Edit screen"),
        "changed": _("The screen was changed."),
        "revoked": _("The screen was switched off."),
    }


pages = Pages(
    Display,
    NewDisplayForm,
    EditDisplayForm,
    form_template="queue/displays/_form.html",
    words=_words,
    opened=("display.show", "token"),
)


@blueprint.get("")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def index() -> Response:
    return htmx.page(
        "queue/displays/index.html",
        partial="queue/displays/_list.html",
        devices=list_devices(current_session(), Display),
        languages=languages(),
        PRIVACY=PRIVACY_WORDS,
    )


@blueprint.get("/new")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def new() -> Response:
    return pages.new()


@blueprint.post("")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def create() -> BaseResponse:
    return pages.create()


@blueprint.get("/<int:device_id>/edit")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def edit(device_id: int) -> Response:
    return pages.edit(device_id)


@blueprint.post("/<int:device_id>")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def update(device_id: int) -> BaseResponse:
    return pages.update(device_id)


@blueprint.get("/<int:device_id>/renew")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def confirm_renew(device_id: int) -> Response:
    return pages.ask(device_id, "renew")


@blueprint.post("/<int:device_id>/renew")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def renew(device_id: int) -> Response:
    return pages.renew(device_id)


@blueprint.get("/<int:device_id>/revoke")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def confirm_revoke(device_id: int) -> Response:
    return pages.ask(device_id, "revoke")


@blueprint.post("/<int:device_id>/revoke")
@requires("queue.setup")
@reads_nothing("the settings of a device, no patient")
def revoke(device_id: int) -> BaseResponse:
    return pages.revoke(device_id)
