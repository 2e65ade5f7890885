"""Visits on the screen: a day of them, those of a patient, and how each one ends."""

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import also_requires, reads, requires
from clinic.db import current_session, transaction
from clinic.errors import NotFound
from clinic.numbers import whole
from clinic.paging import FETCHED, instant, page_after, read_cursor
from clinic.patients.chart.page import open_chart
from clinic.queue import forms as queue_forms
from clinic.queue.checkin import service
from clinic.queue.checkin.queries import Sheet, get_sheet, list_of_visits
from clinic.queue.queries import list_events
from clinic.visits.forms import STATE_WORDS, CancelVisitForm, CheckOutForm, DayForm, words
from clinic.visits.models import Settlement, State, Visit
from clinic.visits.queries import count_states, find_visit_of_appointment, get_visit, list_day, list_of_patient
from clinic.visits.service import Closing
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.fields import choice_in_address
from clinic.web.filters import today
from clinic.web.security import actor

blueprint = Blueprint("visits", __name__, url_prefix="/visits")
blueprint.context_processor(words)
blueprint.context_processor(queue_forms.words)


@blueprint.get("")
@requires("visits.view")
@reads("list")
def index() -> Response:
    """A day's visits, today's or any other's; a day that is over stays readable."""
    form = DayForm(request.args)
    is_read = form.validate()
    day, read = form.chosen(today()), current_session()
    state = choice_in_address(request.args, "state", set(State)) or None
    states = [State(state)] if state else None
    after = read_cursor(request.args.get("after"), instant, whole)
    rows = list_day(read, day, states=states, after=after, limit=FETCHED) if is_read else []
    page = page_after(rows, lambda visit: (visit.arrived_at, visit.id))
    reading.shown(*(visit.patient_id for visit in page.rows))
    return htmx.page(
        "visits/index.html",
        partial="visits/_day.html",
        status=200 if is_read else 422,
        day=day,
        state=state,
        form=form,
        page=page,
        counts=count_states(read, day) if is_read else {},
        entries=list_of_visits(read, [visit.id for visit in page.rows]),
    )


@blueprint.get("/patients/<int:patient_id>")
@requires("visits.view")
@reads("patient")
def history(patient_id: int) -> Response:
    chart, read = open_chart(patient_id), current_session()
    visits = list_of_patient(read, patient_id)
    entries = list_of_visits(read, [visit.id for visit in visits])
    events = list_events(read, [entry.id for own in entries.values() for entry in own])
    return htmx.page(
        "visits/history.html",
        partial="visits/_history.html",
        chart=chart,
        visits=visits,
        entries=entries,
        events=events,
    )


@blueprint.get("/appointments/<int:appointment_id>")
@requires("visits.view")
@reads("patient")
def show_of_appointment(appointment_id: int) -> Response:
    visit = find_visit_of_appointment(current_session(), appointment_id)
    if visit is None:
        raise NotFound(_("Nobody has been checked in for this appointment."))
    return show(visit.id)


@blueprint.get("/<int:visit_id>")
@requires("visits.view")
@reads("patient")
def show(visit_id: int) -> Response:
    read = current_session()
    visit = get_visit(read, visit_id)
    reading.shown(visit.patient_id)
    entries = list_of_visits(read, [visit_id])[visit_id]
    back = url_for("visits.history", patient_id=visit.patient_id)
    return dialog("visits/_details.html", _("Visit"), back, visit=visit, entries=entries)


@blueprint.get("/<int:visit_id>/check-out")
@requires("visits.check_out")
@reads("patient")
def ask_check_out(visit_id: int) -> Response:
    sheet = get_sheet(current_session(), visit_id, now=clock.now())
    return _ask_check_out(_offer(CheckOutForm(formdata=None), sheet), sheet)


@blueprint.post("/<int:visit_id>/check-out")
@requires("visits.check_out")
@reads("patient")
def check_out(visit_id: int) -> BaseResponse:
    sheet = get_sheet(current_session(), visit_id, now=clock.now())
    form = _offer(CheckOutForm(), sheet)
    if not form.validate():
        return _ask_check_out(form, sheet, 422)
    closing = Closing(
        settlement=form.settlement.data if form.settlement else Settlement.NONE,
        follow_up=form.follow_up.data,
        amount_minor=sheet.total_minor,
        currency=sheet.currency or None,
        note=form.note.data,
    )
    with transaction() as write:
        visit = service.check_out(write, visit_id=visit_id, closing=closing, actor=actor(), now=clock.now())
    return _done(visit, undo="visits.undo_check_out")


def _offer(form: CheckOutForm, sheet: Sheet) -> CheckOutForm:
    return form.offer(is_free=sheet.total_minor == 0, is_booked=sheet.next_appointment is not None)


def _ask_check_out(form: CheckOutForm, sheet: Sheet, status: int = 200) -> Response:
    reading.shown(sheet.visit.patient_id)
    back = url_for("visits.history", patient_id=sheet.visit.patient_id)
    return dialog("visits/_check_out.html", _("Check out"), back, status, form=form, sheet=sheet)


@blueprint.get("/<int:visit_id>/cancel")
@requires("visits.end")
@reads("patient")
def ask_cancel(visit_id: int) -> Response:
    return _ask_cancel(CancelVisitForm(formdata=None), visit_id)


@blueprint.post("/<int:visit_id>/cancel")
@requires("visits.end")
@reads("patient")
def cancel(visit_id: int) -> BaseResponse:
    form = CancelVisitForm()
    if not form.validate():
        return _ask_cancel(form, visit_id, 422)
    with transaction() as write:
        visit = service.cancel_visit(write, visit_id=visit_id, reason=form.reason.data, actor=actor(), now=clock.now())
    return _done(visit, undo="visits.bring_back")


def _ask_cancel(form: CancelVisitForm, visit_id: int, status: int = 200) -> Response:
    visit = get_visit(current_session(), visit_id)
    reading.shown(visit.patient_id)
    back = url_for("visits.history", patient_id=visit.patient_id)
    return dialog("visits/_cancel.html", _("Cancel this visit"), back, status, form=form, visit=visit)


@blueprint.post("/<int:visit_id>/leave")
@requires("visits.end")
@reads("patient")
def leave(visit_id: int) -> BaseResponse:
    return _end(service.leave_unseen, visit_id, undo="visits.bring_back")


@blueprint.post("/<int:visit_id>/undo-check-in")
@requires("queue.join")
@reads("patient")
def undo_check_in(visit_id: int) -> BaseResponse:
    return _end(service.undo_check_in, visit_id, undo="visits.bring_back")


@blueprint.post("/<int:visit_id>/bring-back")
@requires("visits.view")
@reads("patient")
@also_requires(lambda visit_id: (get_visit(current_session(), visit_id).ending_permission,))
def bring_back(visit_id: int) -> BaseResponse:
    return _end(service.bring_back, visit_id)


@blueprint.post("/<int:visit_id>/undo-check-out")
@requires("visits.check_out")
@reads("patient")
def undo_check_out(visit_id: int) -> BaseResponse:
    return _end(service.undo_check_out, visit_id)


def _end(how: Callable[..., Visit], visit_id: int, *, undo: str | None = None) -> BaseResponse:
    with transaction() as write:
        visit = how(write, visit_id=visit_id, actor=actor(), now=clock.now())
    return _done(visit, undo=undo)


def _done(visit: Visit, *, undo: str | None) -> BaseResponse:
    """A word to whatever page is open, with the endpoint that is the way back; every list re-reads itself."""
    reading.shown(visit.patient_id)
    message = str(STATE_WORDS[visit.state])
    return htmx.done(
        message,
        back=url_for("visits.history", patient_id=visit.patient_id),
        changed="close-dialog, queue-changed, visits-changed, appointments-changed",
        undo=url_for(undo, visit_id=visit.id) if undo else None,
        who=visit.patient.display_name,
    )
