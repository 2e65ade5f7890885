"""The screens where a manager sets up displays."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import requires
from clinic.db import current_session, transaction
from clinic.errors import Invalid
from clinic.queue.displays import service
from clinic.queue.displays.forms import PRIVACY_WORDS, DisplayForm
from clinic.queue.displays.queries import get_display, list_displays
from clinic.queue.queries import list_departments
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor

blueprint = Blueprint("displays", __name__, url_prefix="/queue/displays")
PAGES = "queue/displays"


@blueprint.get("")
@requires("queue.setup")
def index() -> Response:
    displays = list_displays(current_session())
    return htmx.page(f"{PAGES}/index.html", partial=f"{PAGES}/_list.html", displays=displays, PRIVACY=PRIVACY_WORDS)


@blueprint.get("/new")
@requires("queue.setup")
def new() -> Response:
    return _form_dialog(_offer(DisplayForm(formdata=None)))


@blueprint.post("")
@requires("queue.setup")
def create() -> BaseResponse:
    form = _offer(DisplayForm())
    if not form.validate():
        return _form_dialog(form, 422)
    try:
        with transaction() as write:
            display, token = service.create_display(
                write,
                **_values(form),
                idempotency_key=form.idempotency_key.data,
                actor=actor(),
                now=clock.now(),
            )
            name = display.name
    except Invalid as error:
        form.add_error(error)
        return _form_dialog(form, 422)
    return _address(name, token)


@blueprint.get("/<int:display_id>/edit")
@requires("queue.setup")
def edit(display_id: int) -> Response:
    display = get_display(current_session(), display_id)
    form = DisplayForm(formdata=None, obj=display)
    form.department_ids.data = [d.id for d in display.departments]
    return _form_dialog(_offer(form), display_id=display_id)


@blueprint.post("/<int:display_id>")
@requires("queue.setup")
def update(display_id: int) -> BaseResponse:
    form = _offer(DisplayForm())
    if not form.validate():
        return _form_dialog(form, 422, display_id)
    try:
        with transaction() as write:
            service.update_display(write, display_id=display_id, **_values(form), actor=actor(), now=clock.now())
    except Invalid as error:
        form.add_error(error)
        return _form_dialog(form, 422, display_id)
    return htmx.go(url_for("displays.index"), toast=_("The screen was changed."))


@blueprint.get("/<int:display_id>/renew")
@requires("queue.setup")
def confirm_renew(display_id: int) -> Response:
    display = get_display(current_session(), display_id)
    return dialog(f"{PAGES}/_renew.html", _("New address"), url_for("displays.index"), display=display)


@blueprint.post("/<int:display_id>/renew")
@requires("queue.setup")
def renew(display_id: int) -> Response:
    with transaction() as write:
        display, token = service.renew_token(write, display_id=display_id, actor=actor(), now=clock.now())
        name = display.name
    return _address(name, token)


@blueprint.get("/<int:display_id>/revoke")
@requires("queue.setup")
def confirm_revoke(display_id: int) -> Response:
    display = get_display(current_session(), display_id)
    return dialog(f"{PAGES}/_revoke.html", _("Switch off"), url_for("displays.index"), display=display)


@blueprint.post("/<int:display_id>/revoke")
@requires("queue.setup")
def revoke(display_id: int) -> BaseResponse:
    with transaction() as write:
        service.revoke_display(write, display_id=display_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("displays.index"), toast=_("The screen was switched off."))


def _offer(form: DisplayForm) -> DisplayForm:
    return form.offer([load.department for load in list_departments(current_session(), today())])


def _values(form: DisplayForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "privacy": form.privacy.data,
        "chime": form.chime.data,
        "department_ids": form.department_ids.data,
    }


def _form_dialog(form: DisplayForm, status: int = 200, display_id: int | None = None) -> Response:
    known = display_id is not None
    action = url_for("displays.update", display_id=display_id) if known else url_for("displays.create")
    title = _("Edit screen") if known else _("New screen")
    return dialog(f"{PAGES}/_form.html", title, url_for("displays.index"), status, form=form, action=action)


def _address(name: str, token: str | None) -> Response:
    """The one time the address is shown; without a token it was shown before."""
    address = url_for("display.show", token=token, _external=True) if token else None
    response = dialog(f"{PAGES}/_address.html", name, url_for("displays.index"), address=address)
    response.headers["HX-Trigger"] = "displays-changed"
    return response
