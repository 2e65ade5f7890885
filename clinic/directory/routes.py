"""The directory on one screen: departments with their rooms and services."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.schedules.labels import explained, patient_ids
from clinic.appointments.schedules.queries import Stranded
from clinic.appointments.schedules.service import WouldStrand, check_unused
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory import service
from clinic.directory.forms import (
    EditDepartmentForm,
    EditRoomForm,
    EditServiceForm,
    NewDepartmentForm,
    NewRoomForm,
    NewServiceForm,
    PlaceForm,
    ServiceForm,
)
from clinic.directory.models import Department, Room, Service
from clinic.directory.practitioners.routes import blueprint as practitioners
from clinic.directory.queries import get_place, list_departments
from clinic.errors import Conflict, Invalid, KeyUsed, NotFound
from clinic.money import currency_of
from clinic.numbers import whole
from clinic.queue.queries import count_open
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.forms import incomplete
from clinic.web.security import actor, settings

blueprint = Blueprint("directory", __name__, url_prefix="/directory")
blueprint.register_blueprint(practitioners)


@dataclass(frozen=True)
class Kind:
    """One of the three lists: how its rows are named, filled in and counted as in use."""

    slug: str
    model: type[Any]
    new_form: type[Any]
    edit_form: type[Any]
    in_use_by: str
    new_title: str
    edit_title: str


KINDS = {
    kind.slug: kind
    for kind in (
        Kind(
            "departments",
            Department,
            NewDepartmentForm,
            EditDepartmentForm,
            "department_id",
            _l("New department"),
            _l("Edit department"),
        ),
        Kind("rooms", Room, NewRoomForm, EditRoomForm, "room_id", _l("New room"), _l("Edit room")),
        Kind("services", Service, NewServiceForm, EditServiceForm, "service_id", _l("New service"), _l("Edit service")),
    )
}


@blueprint.get("")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def index() -> Response:
    return htmx.page("directory/index.html", partial="directory/_departments.html", **_shown())


@blueprint.get("/<kind>/new")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def new(kind: str) -> Response:
    wanted, department = _kind(kind), _department(kind)
    currency = currency_of(settings().region)
    return _form_page(wanted, wanted.new_form(formdata=None, data={"currency": currency}), department=department)


@blueprint.post("/<kind>")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def create(kind: str) -> BaseResponse:
    wanted, department = _kind(kind), _department(kind)
    department_id = department.id if department else None
    form = wanted.new_form()
    if form.validate():
        try:
            _create(form, wanted, department_id)
            return _done(_("Added."))
        except KeyUsed:
            raise
        except (Invalid, Conflict) as error:
            form.add_error(Invalid(error.message, getattr(error, "field", None)))
    return _form_page(wanted, form, department=_department(kind), status=422)


def _create(form: Any, kind: Kind, department_id: int | None) -> None:
    common: dict[str, Any] = {"key": form.key, "actor": actor(), "now": clock.now()}
    with transaction() as session:
        if kind.model is Department:
            service.create_department(session, details=form.details(), **common)
        elif kind.model is Room:
            service.create_room(session, department_id=department_id or 0, details=form.details(), **common)
        elif isinstance(form, ServiceForm):
            service.create_service(session, department_id=department_id or 0, details=form.details(), **common)


@blueprint.get("/<kind>/<int:place_id>/edit")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def edit(kind: str, place_id: int) -> Response:
    wanted = _kind(kind)
    place = get_place(current_session(), wanted.model, place_id)
    return _form_page(wanted, wanted.edit_form.shown(place), place=place)


@blueprint.post("/<kind>/<int:place_id>")
@requires("directory.edit")
@reads("list")
def update(kind: str, place_id: int) -> BaseResponse:
    wanted = _kind(kind)
    form, status = wanted.edit_form(), 422
    if form.validate():
        try:
            _update(form, wanted, place_id)
            return _done(_("Saved."))
        except Invalid as error:
            form.add_error(error)
        except Conflict as error:
            form, status = wanted.edit_form.shown(get_place(current_session(), wanted.model, place_id)), 409
            form.add_error(Invalid(error.message))
    return _form_page(wanted, form, place=get_place(current_session(), wanted.model, place_id), status=status)


def _update(form: Any, kind: Kind, place_id: int) -> None:
    with transaction() as session:
        service.update_place(
            session,
            place=get_place(session, kind.model, place_id),
            details=form.details(),
            expected_version=form.expected_version,
            actor=actor(),
            now=clock.now(),
        )


@blueprint.post("/<kind>/<int:place_id>/move")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def move(kind: str, place_id: int) -> BaseResponse:
    with transaction() as session:
        place = get_place(session, _kind(kind).model, place_id)
        service.move_place(session, place=place, up=_direction() == "up", actor=actor(), now=clock.now())
    return _done()


@blueprint.post("/<kind>/<int:place_id>/deactivate")
@requires("directory.edit")
@reads("list")
def deactivate(kind: str, place_id: int) -> BaseResponse:
    wanted, now = _kind(kind), clock.now()
    try:
        with transaction() as session:
            place = get_place(session, wanted.model, place_id)
            used = count_open(session, clock.clinic_day(now, settings().zone), **{wanted.in_use_by: place_id})
            service.deactivate_place(
                session, place=place, expected_version=_version(), open_tickets=used, actor=actor(), now=now
            )
            check_unused(session, place, is_confirmed="confirm" in request.form, now=now)
    except WouldStrand as error:
        return _confirm_deactivate(wanted, place_id, error.stranded)
    return _done(_("Deactivated."))


def _confirm_deactivate(kind: Kind, place_id: int, stranded: Sequence[Stranded]) -> Response:
    """Which booked appointments need the place, and whether to go on."""
    reading.shown(*patient_ids(stranded))
    place = get_place(current_session(), kind.model, place_id)
    return dialog(
        "directory/_deactivate.html",
        _("Take %(name)s out of use", name=place.name),
        url_for("directory.index"),
        422,
        place=place,
        action=url_for("directory.deactivate", kind=kind.slug, place_id=place_id),
        stranded=explained(stranded),
    )


@blueprint.post("/<kind>/<int:place_id>/reactivate")
@requires("directory.edit")
@reads_nothing("departments, rooms and services")
def reactivate(kind: str, place_id: int) -> BaseResponse:
    with transaction() as session:
        place = get_place(session, _kind(kind).model, place_id)
        service.reactivate_place(session, place=place, expected_version=_version(), actor=actor(), now=clock.now())
    return _done(_("In use again."))


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise NotFound
    return KINDS[slug]


def _version() -> int:
    """The state that the button was shown with. Invalid without one."""
    version = request.form.get("version", type=whole)
    if version is None:
        raise incomplete()
    return version


def _direction() -> str:
    direction = request.form.get("direction", "")
    if direction not in ("up", "down"):
        raise incomplete()
    return direction


def _department(kind: str) -> Department | None:
    """The department a new room or service belongs to; departments themselves have none."""
    if kind == "departments":
        return None
    return get_place(current_session(), Department, request.values.get("department", 0, type=whole))


def _form_page(
    kind: Kind, form: PlaceForm, *, place: Any = None, department: Department | None = None, status: int = 200
) -> Response:
    if place is not None:
        title, template = kind.edit_title, "directory/edit.html"
        action = url_for("directory.update", kind=kind.slug, place_id=place.id)
    else:
        title, template = kind.new_title, "directory/new.html"
        action = url_for("directory.create", kind=kind.slug, department=department.id if department else None)
    return htmx.page(
        template,
        partial="directory/_form.html",
        status=status,
        form=form,
        title=title,
        action=action,
        department=department,
        in_dialog=htmx.wants_partial(),
    )


def _shown() -> dict[str, Any]:
    return {"departments": list_departments(current_session())}


def _done(message: str | None = None) -> BaseResponse:
    """The fresh directory for htmx, with any dialog closed; else back to the page."""
    if not htmx.wants_partial():
        return htmx.go(url_for("directory.index"), toast=message)
    reading.shown()
    response = make_response(render_template("directory/_departments.html", **_shown()))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#departments", "morph"
    return htmx.with_toast(response, message, close_dialog=True) if message else response
