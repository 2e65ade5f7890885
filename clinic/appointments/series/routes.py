"""Series: made from the booking form, shown, changed and cancelled."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.booking.page import offer_places
from clinic.appointments.forms import PlaceForm
from clinic.appointments.models import Appointment, AppointmentSeries
from clinic.appointments.queries import get_appointment, get_event
from clinic.appointments.series import page, service, undo
from clinic.appointments.series.forms import CancelSeriesForm, MoveSeriesForm, SeriesForm, left_out
from clinic.appointments.series.plans import Planned, SeriesBlocked
from clinic.appointments.series.queries import get_series, list_members
from clinic.appointments.series.rules import rule_of
from clinic.appointments.words import words
from clinic.auth.access import also_requires, reads, requires
from clinic.db import current_session, transaction
from clinic.directory.models import Service
from clinic.directory.queries import get_place
from clinic.errors import Conflict, Invalid, NotFound
from clinic.numbers import whole
from clinic.patients.beginning import dialog_for
from clinic.web import reading
from clinic.web.dialogs import dialog
from clinic.web.security import actor, settings

blueprint = Blueprint("series", __name__, url_prefix="/appointments/series")
blueprint.context_processor(words)


@blueprint.post("/new")
@requires("appointments.book")
@reads("patient")
def new() -> Response:
    """The form, begun with what stood in the booking form."""
    form = SeriesForm()
    page.read_booking(form, request.form)
    return page.form_page(current_session(), form)


@blueprint.post("")
@requires("appointments.book")
@reads("patient")
def create() -> BaseResponse:
    form, read, leave_out = SeriesForm(), current_session(), left_out(request.form)
    if not form.validate():
        return page.form_page(read, form, 422)
    try:
        with transaction() as write:
            usual = get_place(write, Service, form.service_id.data).duration_minutes
            series = service.create_series(
                write,
                details=form.details(usual),
                leave_out=leave_out,
                reasons=form.reasons(may_double_book=current_user.may("appointments.double_book")),
                key=form.key,
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            series_id, count = series.id, len(list_members(write, series.id))
            reading.shown(series.patient_id)
    except SeriesBlocked as error:
        return page.form_page(read, form, 422, plan=error.plan, leave_out=_proposed(form, leave_out, error))
    except Invalid as error:
        form.add_error(error)
        return page.form_page(read, form, 422)
    return page.done(ngettext("%(num)s appointment booked", "%(num)s appointments booked", count), series_id)


def _proposed(form: SeriesForm | MoveSeriesForm, leave_out: set[dt.date], error: SeriesBlocked) -> set[dt.date]:
    """At first every date with a problem is proposed to be left out; after that it is as the person chose."""
    is_first = not form.is_seen.data
    form.is_seen.data, form.is_seen.raw_data = "1", None
    if not is_first:
        form.add_error(Invalid(error.message))
    return page.proposed(error.plan) if is_first else leave_out


@blueprint.get("/<int:series_id>")
@requires("appointments.view")
@reads("patient")
def show(series_id: int) -> Response:
    series, zone = get_series(current_session(), series_id), settings().zone
    members, rule = list_members(current_session(), series_id), rule_of(series)
    asked = request.args.get("appointment_id", type=whole)
    here = next((one for one in members if one.id == asked), None)
    start = here if here and here.is_expected else page.first_expected(members, clock.now())
    reading.shown(series.patient_id)
    return dialog(
        f"{page.PAGES}/_show.html",
        _("Series"),
        url_for("calendar.index"),
        series=series,
        rule=page.rule_words(series),
        members=members,
        by_itself={one.id for one in members if one.is_expected and service.is_by_itself(one, rule, zone)},
        start=start,
    )


@blueprint.post("/<int:series_id>/move/new")
@requires("appointments.book")
@reads("patient")
def begin_move(series_id: int) -> Response:
    """The form, begun with where one of the appointments would go: dragged in the calendar, or typed."""
    series, start = _start(series_id)
    form = MoveSeriesForm()
    form.appointment_id.data = start.id
    return _ask_move(form, series, start)


@blueprint.get("/<int:series_id>/move")
@requires("appointments.book")
@reads("patient")
def ask_move(series_id: int) -> Response:
    series, start = _start(series_id)
    form = MoveSeriesForm(formdata=None)
    if not form.version.raw_data:  # Else what was typed before the session ended stands there.
        form.appointment_id.data, form.version.data = start.id, start.version
        form.day.data, form.time.data = start.day, series.local_time
        form.minutes.data = series.duration_minutes
        form.practitioner_id.data, form.room_id.data = series.practitioner_id or 0, series.room_id or 0
    return _ask_move(form, series, start)


def _start(series_id: int) -> tuple[AppointmentSeries, Appointment]:
    """The series, and the appointment that a change begins with: the one asked for, or the next.

    One that was moved with others meanwhile is of another series by now: that is the one to change.
    """
    read = current_session()
    series = get_series(read, series_id)
    asked = request.values.get("appointment_id", type=whole)
    if asked is None:
        found = page.first_expected(list_members(read, series_id), clock.now())
    else:
        found = get_appointment(read, asked)
    if found is None or found.series_id is None or found.patient_id != series.patient_id:
        raise NotFound(_("Nothing of this series is left to change."))
    return series if found.series_id == series.id else get_series(read, found.series_id), found


def _ask_move(
    form: MoveSeriesForm,
    series: AppointmentSeries,
    start: Appointment,
    status: int = 200,
    plan: list[Planned] | None = None,
    leave_out: set[dt.date] | None = None,
) -> Response:
    _offer(form, series)
    reading.shown(series.patient_id)
    return dialog_for(
        start.patient,
        f"{page.PAGES}/_move.html",
        _("Change the series"),
        url_for("series.show", series_id=series.id),
        status,
        **_shown(series, start, form),
        plan=plan or [],
        leave_out=leave_out or set(),
    )


def _shown(series: AppointmentSeries, start: Appointment, form: MoveSeriesForm | CancelSeriesForm) -> dict[str, Any]:
    return {"form": form, "series": series, "rule": page.rule_words(series), "appointment": start}


def _offer(form: PlaceForm, series: AppointmentSeries) -> None:
    offer_places(current_session(), form, series.practitioner_id, series.room_id)


def _ask_cancel(form: CancelSeriesForm, series: AppointmentSeries, start: Appointment, status: int = 200) -> Response:
    reading.shown(series.patient_id)
    back = url_for("series.show", series_id=series.id)
    shown = _shown(series, start, form)
    return dialog(f"{page.PAGES}/_cancel.html", _("Cancel the series"), back, status, **shown)


@blueprint.post("/<int:series_id>/move")
@requires("appointments.book")
@reads("patient")
def move(series_id: int) -> BaseResponse:
    series, start = _start(series_id)
    form, leave_out = MoveSeriesForm(), left_out(request.form)
    _offer(form, series)
    if not form.validate():
        return _ask_move(form, series, start, 422)
    try:
        with transaction() as write:
            events = service.move_series(
                write,
                appointment_id=start.id,
                expected_version=form.version.data,
                scope=form.scope.data,
                change=form.change(start.day, series),
                leave_out=leave_out,
                reasons=form.reasons(may_double_book=current_user.may("appointments.double_book")),
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            count, moved_id = len(events), start.series_id or series_id
            way_back = url_for("series.undo_change", event_id=events[0].id)
    except SeriesBlocked as error:
        chosen = _proposed(form, leave_out, error)
        return _ask_move(form, *_start(series_id), 422, error.plan, chosen)
    except (Invalid, Conflict) as error:
        form.add_error(Invalid(error.message, getattr(error, "field", None)))
        return _ask_move(form, *_start(series_id), 409 if isinstance(error, Conflict) else 422)
    reading.shown(series.patient_id)
    word = ngettext("%(num)s appointment moved", "%(num)s appointments moved", count)
    return page.done(word, moved_id, way_back)


@blueprint.get("/<int:series_id>/cancel")
@requires("appointments.cancel")
@reads("patient")
def ask_cancel(series_id: int) -> Response:
    series, start = _start(series_id)
    form = CancelSeriesForm(formdata=None)
    form.appointment_id.data, form.version.data = start.id, start.version
    return _ask_cancel(form, series, start)


@blueprint.post("/<int:series_id>/cancel")
@requires("appointments.cancel")
@reads("patient")
def cancel(series_id: int) -> BaseResponse:
    series, start = _start(series_id)
    form = CancelSeriesForm()
    if not form.validate():
        return _ask_cancel(form, series, start, 422)
    with transaction() as write:
        events = service.cancel_series(
            write,
            appointment_id=start.id,
            expected_version=form.version.data,
            scope=form.scope.data,
            cancelled_by=form.cancelled_by.data,
            reason=form.reason.data,
            actor=actor(),
            now=clock.now(),
        )
        count, way_back = len(events), url_for("series.undo_change", event_id=events[0].id) if events else None
    reading.shown(series.patient_id)
    word = ngettext("%(num)s appointment cancelled", "%(num)s appointments cancelled", count)
    return page.done(word, series_id, way_back)


@blueprint.post("/steps/<int:event_id>/undo")
@requires("appointments.book")
@reads("patient")
@also_requires(lambda event_id: get_event(current_session(), event_id).permissions)
def undo_change(event_id: int) -> BaseResponse:
    """Take back what was done to all of a series at once, of which this step was one."""
    with transaction() as write:
        done = undo.undo_change(write, event_id=event_id, actor=actor(), now=clock.now(), zone=settings().zone)
        count, appointment_id = len(done), done[0].appointment_id
    appointment = get_appointment(current_session(), appointment_id)
    reading.shown(appointment.patient_id)
    word = ngettext("%(num)s appointment put back", "%(num)s appointments put back", count)
    return page.done(word, appointment.series_id or 0)
