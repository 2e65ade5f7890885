"""The manager's screens of schedules: everyone's hours, the editor of a week, and who is left without a place."""

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.schedules import service
from clinic.appointments.schedules.exceptions.routes import blueprint as exceptions
from clinic.appointments.schedules.forms import WeekForm
from clinic.appointments.schedules.labels import KINDS, explained, patient_ids, valid_on, week_lines
from clinic.appointments.schedules.proposals import Owner
from clinic.appointments.schedules.queries import (
    Stranded,
    list_bookable_rooms,
    list_holidays,
    list_hours_of_all,
    list_stranded,
    list_time_off,
    list_weekly_hours,
)
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.models import Room
from clinic.directory.practitioners.queries import get_practitioner, list_practitioner_names
from clinic.directory.queries import get_place
from clinic.errors import Conflict, Invalid, NotFound
from clinic.web import htmx, reading
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("schedules", __name__, url_prefix="/appointments/schedules")
blueprint.register_blueprint(exceptions)
PAGES = "appointments/schedules"


@blueprint.get("")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def index() -> Response:
    session, day = current_session(), today()
    hours = list_hours_of_all(session, day)

    def lines(owner: Owner) -> list[tuple[str, str]]:
        return week_lines(valid_on([row for row in hours if owner.has(row)], day))

    return htmx.page(
        f"{PAGES}/index.html",
        partial=f"{PAGES}/_schedules.html",
        practitioners=[(i, name, lines(Owner(practitioner_id=i))) for i, name in list_practitioner_names(session)],
        rooms=[(room.id, room.name, lines(Owner(room_id=room.id))) for room in list_bookable_rooms(session)],
        time_off=list_time_off(session, day),
        holidays=list_holidays(session, day),
        kinds=KINDS,
        stranded=len(list_stranded(session, now=clock.now(), zone=settings().zone)),
    )


@blueprint.get("/stranded")
@requires("appointments.setup")
@reads("list")
def stranded() -> Response:
    found = list_stranded(current_session(), now=clock.now(), zone=settings().zone)
    reading.shown(*patient_ids(found))
    return htmx.page(f"{PAGES}/stranded.html", partial=f"{PAGES}/_stranded.html", stranded=explained(found))


@blueprint.get("/<owner_kind>/<int:owner_id>")
@requires("appointments.setup")
@reads_nothing("working hours, no patient")
def edit(owner_kind: str, owner_id: int) -> Response:
    return _form_page(owner_kind, owner_id, _stored(_owner(owner_kind, owner_id)))


@blueprint.post("/<owner_kind>/<int:owner_id>")
@requires("appointments.setup")
@reads("list")
def update(owner_kind: str, owner_id: int) -> BaseResponse:
    form, status, found = WeekForm(), 422, None
    owner = _owner(owner_kind, owner_id)
    if owner.room_id is not None:
        form.sometimes |= {"room_id"}
    form.check_complete()
    if "copy" in request.form:
        form.copy_first_day()
        return _form_page(owner_kind, owner_id, form)
    if form.validate():
        try:
            _save(owner, form)
            return htmx.go(url_for("schedules.index"), toast=_("The hours were saved."))
        except service.WouldStrand as error:
            form.add_error(error)
            found = error.stranded
        except Invalid as error:
            form.add_error(error)
        except Conflict as error:
            form, status = _stored(owner), 409
            form.add_error(Invalid(error.message))
    return _form_page(owner_kind, owner_id, form, found, status)


def _save(owner: Owner, form: WeekForm) -> None:
    with transaction() as session:
        service.set_weekly_hours(
            session,
            owner=owner,
            week=form.week(),
            seen=form.seen.data or "",
            is_confirmed=form.confirm.data,
            actor=actor(),
            now=clock.now(),
            zone=settings().zone,
        )


def _owner(kind: str, owner_id: int) -> Owner:
    """Whose week: of /practitioners/1 or of /rooms/1."""
    if kind == "practitioners":
        return Owner(practitioner_id=owner_id)
    if kind == "rooms":
        return Owner(room_id=owner_id)
    raise NotFound


def _stored(owner: Owner) -> WeekForm:
    hours = list_weekly_hours(
        current_session(), practitioner_id=owner.practitioner_id, room_id=owner.room_id, from_day=today()
    )
    return WeekForm.shown(valid_on(hours, today()), seen=service.fingerprint(hours), valid_from=today())


def _form_page(
    kind: str, owner_id: int, form: WeekForm, found: list[Stranded] | None = None, status: int = 200
) -> Response:
    reading.shown(*patient_ids(found or ()))
    session, owner = current_session(), _owner(kind, owner_id)
    if owner.practitioner_id is not None:
        name = get_practitioner(session, owner_id).display_name
    else:
        name = get_place(session, Room, owner_id).name
    return htmx.page(
        f"{PAGES}/edit.html",
        partial=f"{PAGES}/_week.html",
        status=status,
        form=form.offer((room.id, room.name) for room in list_bookable_rooms(session)),
        name=name,
        action=url_for("schedules.update", owner_kind=kind, owner_id=owner_id),
        is_room=kind == "rooms",
        stranded=explained(found or ()),
    )
