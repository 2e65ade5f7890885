"""Dialogs of the schedule page: leave, closed rooms, extra hours and holidays, added and taken back."""

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.schedules import service
from clinic.appointments.schedules.exceptions.forms import HolidayForm, TimeOffForm
from clinic.appointments.schedules.labels import KINDS, explained, patient_ids
from clinic.appointments.schedules.models import Holiday, TimeOff, TimeOffKind
from clinic.appointments.schedules.queries import Stranded, get_exempt, list_bookable_rooms
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.practitioners.queries import list_practitioner_names
from clinic.errors import Invalid, NotFound
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.security import actor, settings

blueprint = Blueprint("exceptions", __name__, url_prefix="/exceptions")
PAGES = "appointments/schedules/exceptions"
TITLES = {
    TimeOffKind.LEAVE: _l("New leave"),
    TimeOffKind.CLOSED: _l("Close a room"),
    TimeOffKind.EXTRA: _l("New extra hours"),
}


@blueprint.get("/<time_off_kind>/new")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def new(time_off_kind: str) -> Response:
    return _time_off_dialog(_kind(time_off_kind), TimeOffForm(formdata=None))


@blueprint.post("/<time_off_kind>")
@requires("appointments.setup")
@reads("list")
def create(time_off_kind: str) -> BaseResponse:
    wanted = _kind(time_off_kind)
    form = _offer(TimeOffForm())

    def save(given: dict[str, Any]) -> None:
        with transaction() as session:
            service.add_time_off(session, details=form.details(wanted), key=form.key, **given)

    return _try(form, save, lambda found: _time_off_dialog(wanted, form, found, 422))


@blueprint.get("/holidays/new")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def new_holiday() -> Response:
    return _holiday_dialog(HolidayForm(formdata=None))


@blueprint.post("/holidays")
@requires("appointments.setup")
@reads("list")
def create_holiday() -> BaseResponse:
    form = HolidayForm()

    def save(given: dict[str, Any]) -> None:
        with transaction() as session:
            service.add_holiday(
                session,
                day=cast(dt.date, form.day.data),
                name=form.name.data,
                key=form.key,
                **given,
            )

    return _try(form, save, lambda found: _holiday_dialog(form, found, 422))


@blueprint.get("/<int:time_off_id>/remove")
@requires("appointments.setup")
@reads("list")
def confirm_remove(time_off_id: int) -> Response:
    return _remove_dialog(time_off_id)


@blueprint.post("/<int:time_off_id>/remove")
@requires("appointments.setup")
@reads("list")
def remove(time_off_id: int) -> BaseResponse:
    try:
        with transaction() as session:
            service.remove_time_off(
                session, time_off_id=time_off_id, is_confirmed="confirm" in request.form, **_common()
            )
    except service.WouldStrand as error:
        return _remove_dialog(time_off_id, error.stranded, 422)
    return _done(_("Removed."))


@blueprint.get("/holidays/<int:holiday_id>/remove")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def confirm_remove_holiday(holiday_id: int) -> Response:
    holiday = get_exempt(current_session(), Holiday, holiday_id)
    return dialog(f"{PAGES}/_remove_holiday.html", _("Remove holiday"), _back(), holiday=holiday)


@blueprint.post("/holidays/<int:holiday_id>/remove")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def remove_holiday(holiday_id: int) -> BaseResponse:
    with transaction() as session:
        service.remove_holiday(session, holiday_id=holiday_id, actor=actor(), now=clock.now())
    return _done(_("Removed."))


def _try(
    form: TimeOffForm | HolidayForm,
    save: Callable[[dict[str, Any]], None],
    refused: Callable[[list[Stranded]], Response],
) -> BaseResponse:
    """Save what is valid; what was refused comes back with the reasons."""
    if not form.validate():
        return refused([])
    try:
        save({"is_confirmed": form.confirm.data, **_common()})
    except service.WouldStrand as error:
        form.add_error(error)
        return refused(error.stranded)
    except Invalid as error:
        form.add_error(error)
        return refused([])
    return _done(_("Saved."))


def _kind(slug: str) -> TimeOffKind:
    if slug not in set(TimeOffKind):
        raise NotFound
    return TimeOffKind(slug)


def _common() -> dict[str, Any]:
    return {"actor": actor(), "now": clock.now(), "zone": settings().zone}


def _back() -> str:
    return url_for("schedules.index")


def _done(message: str) -> BaseResponse:
    return htmx.go(_back(), toast=message)


def _offer(form: TimeOffForm) -> TimeOffForm:
    session = current_session()
    rooms = [(room.id, room.name) for room in list_bookable_rooms(session)]
    return form.offer(list_practitioner_names(session), rooms)


def _time_off_dialog(
    kind: TimeOffKind, form: TimeOffForm, found: list[Stranded] | None = None, status: int = 200
) -> Response:
    reading.shown(*patient_ids(found or ()))
    action = url_for("schedules.exceptions.create", time_off_kind=kind.value)
    return dialog(
        f"{PAGES}/_time_off.html",
        str(TITLES[kind]),
        _back(),
        status,
        form=_offer(form),
        kind=kind,
        action=action,
        stranded=explained(found or ()),
    )


def _holiday_dialog(form: HolidayForm, found: list[Stranded] | None = None, status: int = 200) -> Response:
    reading.shown(*patient_ids(found or ()))
    action = url_for("schedules.exceptions.create_holiday")
    return dialog(
        f"{PAGES}/_holiday.html",
        _("New holiday"),
        _back(),
        status,
        form=form,
        action=action,
        stranded=explained(found or ()),
    )


def _remove_dialog(time_off_id: int, found: list[Stranded] | None = None, status: int = 200) -> Response:
    reading.shown(*patient_ids(found or ()))
    time_off = get_exempt(current_session(), TimeOff, time_off_id)
    return dialog(
        f"{PAGES}/_remove.html",
        _("Remove: %(what)s", what=KINDS[time_off.kind]),
        _back(),
        status,
        time_off=time_off,
        kinds=KINDS,
        stranded=explained(found or ()),
    )
