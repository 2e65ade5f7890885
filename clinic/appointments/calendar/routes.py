"""The calendar, the day sheet beside it, and what the calendar's script reads."""

from flask import Blueprint, Response, jsonify, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.appointments.calendar import page
from clinic.appointments.calendar.address import Asked, column_key, read_address
from clinic.appointments.calendar.queries import By
from clinic.appointments.history import topic
from clinic.appointments.words import words
from clinic.auth.access import reads, requires
from clinic.db import current_session
from clinic.errors import Invalid
from clinic.web import htmx, reading

blueprint = Blueprint("calendar", __name__, url_prefix="/appointments")
blueprint.context_processor(words)


@blueprint.get("")
@requires("appointments.view")
@reads("list")
def index() -> Response:
    asked, problem = _asked()
    calendar = page.read_calendar(current_session(), asked)
    reading.shown(*calendar.patient_ids)
    return htmx.page(
        "appointments/calendar/index.html",
        partial="appointments/calendar/_sheet.html",
        status=422 if problem else 200,
        problem=problem,
        calendar=calendar,
        asked=asked,
        By=By,
        column_key=column_key,
        topics=" ".join(topic(day) for day in asked.days),
        page_data=page.page_data(calendar, may_book=_may_book(), now=clock.now()),
    )


def _asked() -> tuple[Asked, Invalid | None]:
    """What the address asks for; where its day cannot be read, today beside what is wrong."""
    try:
        return read_address(request.args), None
    except Invalid as error:
        if error.field != "day":
            raise
        return read_address(MultiDict((name, value) for name, value in request.args.items() if name != "day")), error


@blueprint.get("/events")
@requires("appointments.view")
@reads("list")
def events() -> Response:
    asked = read_address(request.args)
    calendar = page.read_calendar(current_session(), asked)
    reading.shown(*calendar.patient_ids)
    booked = page.events_data(calendar, may_book=_may_book())
    held = filter(None, (page.hold_data(entry, asked.by) for entry in calendar.holds))
    return jsonify(events=[*booked, *held, *page.closed_data(calendar)])


def _may_book() -> bool:
    return bool(current_user.may("appointments.book"))
