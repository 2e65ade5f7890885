"""One appointment: its details and history, and what is done to it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from babel.dates import format_skeleton
from flask import Blueprint, Response, abort, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments import queries, service
from clinic.appointments.answers import stepped
from clinic.appointments.booking.page import offer_places, place_asked
from clinic.appointments.conflicts import SameDay, SlotTaken, find_clashes
from clinic.appointments.forms import CancelForm, MoveForm, NoteForm, StepForm
from clinic.appointments.models import Appointment, AppointmentEvent, Step
from clinic.appointments.placement import Placement, placed
from clinic.appointments.waitlist.queries import list_of_patient as list_waits
from clinic.appointments.words import words
from clinic.auth.access import also_requires, reads, requires
from clinic.db import current_session, transaction
from clinic.errors import Invalid
from clinic.patients.beginning import dialog_for
from clinic.patients.chart.page import open_chart
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.filters import local_time, today
from clinic.web.security import actor, settings

blueprint = Blueprint("appointments", __name__, url_prefix="/appointments")
blueprint.context_processor(words)

BUTTONS = {Step.CONFIRM, Step.NO_SHOW, Step.RESTORE}


@blueprint.get("/<int:appointment_id>")
@requires("appointments.view")
@reads("patient")
def show(appointment_id: int) -> Response:
    appointment = queries.get_appointment(current_session(), appointment_id)
    events = queries.list_events(current_session(), [appointment_id])[appointment_id]
    return _dialog("_details.html", _("Appointment"), appointment, events=events)


def _dialog(partial: str, title: str, appointment: Appointment, status: int = 200, **context: Any) -> Response:
    reading.shown(appointment.patient_id)
    return dialog(f"appointments/{partial}", title, _back(appointment), status, appointment=appointment, **context)


def _back(appointment: Appointment) -> str:
    return url_for("calendar.index", day=appointment.day.isoformat())


@blueprint.app_template_global()
def count_to_cancel(patient_id: int) -> int:
    """How many appointments to come a patient has, for a chart that says that they died."""
    return queries.count_upcoming(current_session(), patient_id, today=today())


@blueprint.app_template_global()
def booked_for(patient_ids: Collection[int]) -> dict[int, str]:
    """ "Booked for Thu, Dec 3, 10:00", for charts and search results: of those patients who are still expected."""
    if not patient_ids or not current_user.may("appointments.view"):
        return {}
    zone = settings().zone
    found = queries.find_next_expected(current_session(), patient_ids, since=clock.day_bounds(today(), zone)[0])
    return {patient_id: _booked_words(at, clock.clinic_day(at, zone)) for patient_id, at in found.items()}


def _booked_words(at: dt.datetime, day: dt.date) -> str:
    if day == today():
        return str(_("Booked today %(time)s", time=local_time(at)))
    named = format_skeleton("MMMEd" if day.year == today().year else "yMMMEd", day, locale=get_locale())
    return str(_("Booked for %(day)s %(time)s", day=named, time=local_time(at)))


@blueprint.get("/patients/<int:patient_id>")
@requires("appointments.view")
@reads("patient")
def history(patient_id: int) -> Response:
    chart = open_chart(patient_id)
    found = queries.list_of_patient(current_session(), patient_id)
    now = clock.now()
    waiting = list_waits(current_session(), patient_id, today=today())
    return htmx.page(
        "appointments/history.html",
        partial="appointments/_history.html",
        chart=chart,
        waiting=waiting,
        upcoming=[a for a in reversed(found) if a.is_expected and a.ends_at >= now],
        past=[a for a in found if not (a.is_expected and a.ends_at >= now)],
    )


@blueprint.post("/<int:appointment_id>/<step>")
@requires("appointments.book")
@reads("patient")
def take(appointment_id: int, step: str) -> BaseResponse:
    form = StepForm()
    taken = Step(step) if step in BUTTONS else abort(404)
    if not form.validate():
        abort(400)
    values: dict[str, Any] = {"appointment_id": appointment_id, "expected_version": form.version.data}
    values |= {"actor": actor(), "now": clock.now()}
    with transaction() as write:
        if taken is Step.CONFIRM:
            event = service.confirm_appointment(write, **values)
        elif taken is Step.NO_SHOW:
            event = service.mark_no_show(write, **values)
        else:
            event = service.restore_appointment(write, **values, zone=settings().zone)
    return _stepped(event)


def _stepped(event: AppointmentEvent) -> BaseResponse:
    return stepped(queries.get_appointment(current_session(), event.appointment_id), event)


@blueprint.get("/<int:appointment_id>/move")
@requires("appointments.book")
@reads("patient")
def ask_move(appointment_id: int) -> Response:
    """With a day, time, minutes or column in the address, what a drag in the calendar would come to."""
    appointment = queries.get_appointment(current_session(), appointment_id)
    form = MoveForm(formdata=None)
    try:
        target = place_asked(request.args, placed(appointment))
    except Invalid as error:
        _fill(form, appointment, placed(appointment))
        form.add_error(error)
        return _ask_move(form, appointment, None, 422)
    _fill(form, appointment, target)
    return _ask_move(form, appointment, target)


def _fill(form: MoveForm, appointment: Appointment, target: Placement) -> None:
    if form.version.raw_data:
        return  # What was typed before the session ended.
    local = target.starts_at.astimezone(settings().zone)
    form.day.data, form.time.data = local.date(), local.time()
    form.minutes.data = int((target.ends_at - target.starts_at).total_seconds() // 60)
    form.practitioner_id.data, form.room_id.data = target.practitioner_id or 0, target.room_id or 0
    form.version.data = appointment.version


def _ask_move(
    form: MoveForm, appointment: Appointment, target: Placement | None, status: int = 200, others: Any = ()
) -> Response:
    """The form, what it would change, and what stands in the way of it."""
    read, zone = current_session(), settings().zone
    offer_places(read, form, appointment.practitioner_id, appointment.room_id)
    clashes = []
    if target is not None:
        clashes = find_clashes(
            read, target, appointment.patient_id, now=clock.now(), zone=zone, apart_from=(appointment.id,)
        )
    context = {
        "form": form,
        "target": target if target and target != placed(appointment) else None,
        "clashes": [clash.text for clash in clashes],
        "others": others,
    }
    reading.shown(appointment.patient_id)
    context |= {"appointment": appointment, "back": _back(appointment)}
    title = _("Move appointment")
    return dialog_for(appointment.patient, "appointments/_move.html", title, status=status, **context)


@blueprint.post("/<int:appointment_id>/move")
@requires("appointments.book")
@reads("patient")
def move(appointment_id: int) -> BaseResponse:
    read = current_session()
    appointment, form = queries.get_appointment(read, appointment_id), MoveForm()
    offer_places(read, form, appointment.practitioner_id, appointment.room_id)
    if not form.validate():
        return _ask_move(form, appointment, None, 422)
    target = _target(form, appointment)
    try:
        with transaction() as write:
            event = service.move_appointment(
                write,
                appointment_id=appointment_id,
                expected_version=form.version.data,
                placement=target,
                reasons=form.reasons(may_double_book=current_user.may("appointments.double_book")),
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
    except SlotTaken:
        return _ask_move(form, queries.get_appointment(read, appointment_id), target, 409)
    except SameDay as error:
        return _ask_move(form, queries.get_appointment(read, appointment_id), target, 422, error.others)
    except Invalid as error:
        form.add_error(error)
        return _ask_move(form, queries.get_appointment(read, appointment_id), target, 422)
    return _stepped(event)


def _target(form: MoveForm, appointment: Appointment) -> Placement:
    starts_at = form.instant(settings().zone)
    length = dt.timedelta(minutes=form.minutes.data) if form.minutes.data else appointment.duration
    return replace(
        placed(appointment),
        starts_at=starts_at,
        ends_at=starts_at + length,
        practitioner_id=form.practitioner_id.data or None,
        room_id=form.room_id.data or None,
    )


@blueprint.get("/<int:appointment_id>/cancel")
@requires("appointments.cancel")
@reads("patient")
def ask_cancel(appointment_id: int) -> Response:
    appointment = queries.get_appointment(current_session(), appointment_id)
    form = CancelForm(formdata=None, data={"version": appointment.version})
    return _ask_cancel(form, appointment)


def _ask_cancel(form: CancelForm, appointment: Appointment, status: int = 200) -> Response:
    is_late = appointment.starts_at - clock.now() < service.LATE_CANCEL
    return _dialog("_cancel.html", _("Cancel appointment"), appointment, status, form=form, is_late=is_late)


@blueprint.post("/<int:appointment_id>/cancel")
@requires("appointments.cancel")
@reads("patient")
def cancel(appointment_id: int) -> BaseResponse:
    form = CancelForm()
    if not form.validate():
        return _ask_cancel(form, queries.get_appointment(current_session(), appointment_id), 422)
    with transaction() as write:
        event = service.cancel_appointment(
            write,
            appointment_id=appointment_id,
            expected_version=form.version.data,
            cancelled_by=form.cancelled_by.data,
            reason=form.reason.data,
            actor=actor(),
            now=clock.now(),
        )
    return _stepped(event)


@blueprint.get("/<int:appointment_id>/note")
@requires("appointments.book")
@reads("patient")
def ask_note(appointment_id: int) -> Response:
    appointment = queries.get_appointment(current_session(), appointment_id)
    form = NoteForm(formdata=None, data={"version": appointment.version, "note": appointment.note})
    return _dialog("_note.html", _("Edit note"), appointment, form=form)


@blueprint.post("/<int:appointment_id>/note")
@requires("appointments.book")
@reads("patient")
def note(appointment_id: int) -> BaseResponse:
    form = NoteForm()
    if not form.validate():
        appointment = queries.get_appointment(current_session(), appointment_id)
        return _dialog("_note.html", _("Edit note"), appointment, 422, form=form)
    with transaction() as write:
        event = service.edit_note(
            write,
            appointment_id=appointment_id,
            expected_version=form.version.data,
            note=form.note.data,
            actor=actor(),
            now=clock.now(),
        )
    if event is None:
        return stepped(queries.get_appointment(current_session(), appointment_id), None)
    return _stepped(event)


@blueprint.post("/events/<int:event_id>/undo")
@requires("appointments.book")
@reads("patient")
@also_requires(lambda event_id: queries.get_event(current_session(), event_id).permissions)
def undo(event_id: int) -> BaseResponse:
    with transaction() as write:
        appointment_id = service.undo_step(
            write, event_id=event_id, actor=actor(), now=clock.now(), zone=settings().zone
        ).id
    read = current_session()
    event = queries.find_last_event(read, appointment_id)
    return stepped(queries.get_appointment(read, appointment_id), event, can_undo=False)
