"""Checking in, giving a ticket and printing it."""

from typing import Any

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.queries import get_appointment
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.models import Service
from clinic.directory.queries import list_services
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.patients.beginning import dialog_for
from clinic.patients.queries import get_patient
from clinic.queue import queries
from clinic.queue.blueprint import blueprint
from clinic.queue.checkin.queries import list_booked_near, list_for_check_in
from clinic.queue.checkin.service import check_in
from clinic.queue.forms import JoinForm
from clinic.queue.models import QueueEntry
from clinic.queue.service import join_queue
from clinic.queue.tickets.queries import AHEAD_COUNTED, count_ahead, get_printed
from clinic.visits.queries import find_open_visit
from clinic.web import htmx, reading
from clinic.web.filters import today
from clinic.web.security import actor, settings

LAST_SERVICE = "queue_service"


@blueprint.get("/tickets/new")
@requires("queue.join")
@reads("patient")
def new() -> Response:
    services = list_services(current_session())
    form = JoinForm(formdata=None)
    form.patient_id.data = request.args.get("patient_id", type=whole)
    form.service_id.data = _usual_service(services, request.args.get("department_id", type=whole))
    form.appointment_id.data = request.args.get("appointment_id", type=whole)
    return _show_form(form, services=services)


@blueprint.post("/tickets")
@requires("queue.join")
@reads("patient")
def create() -> BaseResponse:
    form = JoinForm()
    if not form.validate():
        return _show_form(form, 422)
    try:
        with transaction() as write:
            entry_id = _give_ticket(write, form).id
        reading.shown(form.patient_id.data)
    except Invalid as error:
        form.add_error(error)
        return _show_form(form, 422)
    if not form.appointment_id.data and session.get(LAST_SERVICE) != form.service_id.data:
        session[LAST_SERVICE] = form.service_id.data
    if not htmx.wants_partial():
        return redirect(url_for("queue.ticket", entry_id=entry_id), 303)
    response = make_response(ticket(entry_id))
    response.headers["HX-Trigger"] = "queue-changed"
    return response


def _give_ticket(write: Session, form: JoinForm) -> QueueEntry:
    """A patient is checked in; who is not named takes a ticket and no more."""
    appointment_id = form.appointment_id.data or None
    given: dict[str, Any] = {
        "service_id": None if appointment_id else form.service_id.data,
        "lane": form.lane.data,
        "key": form.key,
        "actor": actor(),
        "now": clock.now(),
        "zone": settings().zone,
    }
    if form.patient_id.data is None:
        return join_queue(write, **given)
    if not appointment_id and not form.walk_in.data and list_booked_near(write, form.patient_id.data, today()):
        raise Invalid(_("There is an appointment on another day: tick this, or move it to now."), "walk_in")
    return check_in(
        write,
        patient_id=form.patient_id.data,
        appointment_id=appointment_id,
        is_confirmed=form.confirm.data,
        **given,
    )


def _usual_service(services: list[Service], department_id: int | None) -> int | None:
    """The one this browser last gave a ticket for, else the first; of one department where it is named."""
    offered = [s.id for s in services if department_id in (None, s.department_id)]
    last = session.get(LAST_SERVICE)
    return last if last in offered else next(iter(offered), None)


def _show_form(form: JoinForm, status: int = 200, services: list[Service] | None = None) -> Response:
    """The form with the patient it is for, their appointments of today first, and the tickets they already have."""
    read, patient_id = current_session(), form.patient_id.data
    reading.shown(patient_id)
    appointments = list_for_check_in(read, patient_id, today()) if patient_id else []
    form.offer(services or list_services(read), appointments)
    if form.appointment_id.data is None and appointments:
        form.appointment_id.data = appointments[0].id
    return dialog_for(
        get_patient(read, patient_id) if patient_id else None,
        "queue/tickets/_new.html",
        _("Check in") if patient_id else _("Walk-in ticket"),
        url_for("queue.index"),
        status,
        form=form,
        near=list_booked_near(read, patient_id, today()) if patient_id else [],
        here=find_open_visit(read, patient_id, today()) if patient_id else None,
        open_entries=queries.list_open_of_patient(read, patient_id, today()) if patient_id else [],
    )


@blueprint.post("/appointments/<int:appointment_id>/check-in")
@requires("queue.join")
@reads("patient")
def check_in_appointment(appointment_id: int) -> BaseResponse:
    """The one-click check-in of lists and calendars: no question asked, the way back in the answer."""
    patient_id = get_appointment(current_session(), appointment_id).patient_id
    with transaction() as write:
        entry = check_in(
            write,
            patient_id=patient_id,
            appointment_id=appointment_id,
            is_confirmed=True,
            actor=actor(),
            now=clock.now(),
            zone=settings().zone,
        )
        entry_id, visit_id = entry.id, entry.visit_id
    if not htmx.wants_partial():
        return redirect(url_for("queue.ticket", entry_id=entry_id), 303)
    entry = queries.get_entry(current_session(), entry_id)
    reading.shown(entry.patient_id)
    word = render_template("queue/tickets/_checked_in.html", entry=entry, visit_id=visit_id)
    return htmx.aside(word, "close-dialog, queue-changed, visits-changed, appointments-changed")


@blueprint.get("/<int:entry_id>/ticket")
@requires("queue.view")
@reads_nothing("a number to wait with, without a name")
def ticket(entry_id: int) -> Response:
    entry = get_printed(current_session(), entry_id, clock.now())
    ahead = count_ahead(current_session(), entry)
    return htmx.page(
        "queue/tickets/ticket.html",
        partial="queue/tickets/_ticket.html",
        entry=entry,
        ahead=ahead,
        is_more=ahead == AHEAD_COUNTED,
    )
