"""The waitlist: who waits, which free times suit them, and holding one."""

import datetime as dt

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.answers import CHANGED, stepped
from clinic.appointments.booking.page import read_slot, slot_value
from clinic.appointments.conflicts import SameDay, SlotTaken
from clinic.appointments.models import PartOfDay
from clinic.appointments.placement import Reasons
from clinic.appointments.queries import find_last_event
from clinic.appointments.waitlist import queries, service
from clinic.appointments.waitlist.forms import BookForm, HoldForm, JoinForm
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.appointments.waitlist.openings import list_openings
from clinic.appointments.words import words
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.directory.practitioners.queries import list_practitioner_names
from clinic.directory.queries import list_services
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.paging import FETCHED, Page, instant, page_around, read_place
from clinic.patients.beginning import dialog_for
from clinic.patients.queries import get_patient
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("waitlist", __name__, url_prefix="/appointments/waitlist")
blueprint.context_processor(words)
PAGES = "appointments/waitlist"
USUAL_WAIT = dt.timedelta(days=14)


@blueprint.get("")
@requires("appointments.view")
@reads("list")
def index() -> Response:
    page = _page()
    reading.shown(*(entry.patient_id for entry in page.rows))
    return htmx.page(f"{PAGES}/index.html", partial=f"{PAGES}/_entries.html", page=page, here=request.full_path)


def _page() -> Page[WaitlistEntry]:
    place = read_place(request.args, instant, whole)
    rows = queries.list_waiting(current_session(), place, today=today(), limit=FETCHED)
    return page_around(rows, lambda entry: (entry.joined_at, entry.id), place)


@blueprint.get("/openings")
@requires("appointments.view")
@reads("list")
def openings() -> Response:
    """Held times, and free ones that somebody waits for."""
    read, now = current_session(), clock.now()
    held = queries.list_held(read, today=today(), now=now)
    found = list_openings(read, now=now, zone=settings().zone)
    reading.shown(*(entry.patient_id for entry in held), *(i for opening in found for i in opening.patient_ids))
    return htmx.page(
        f"{PAGES}/openings.html",
        partial=f"{PAGES}/_openings.html",
        held=held,
        openings=found,
        slot_value=slot_value,
        back=url_for("waitlist.index"),
    )


@blueprint.get("/new/<int:patient_id>")
@requires("appointments.book")
@reads("patient")
def new(patient_id: int) -> Response:
    services = list_services(current_session())
    form = JoinForm(formdata=None)
    form.patient_id.data = patient_id
    form.service_id.data = request.args.get("service_id", services[0].id if services else None, type=whole)
    form.practitioner_id.data = request.args.get("practitioner_id", 0, type=whole)
    form.from_day.data, form.until_day.data = today(), today() + USUAL_WAIT
    return _ask(form)


def _ask(form: JoinForm, status: int = 200) -> Response:
    read = current_session()
    patient = get_patient(read, form.patient_id.data)
    reading.shown(patient.id)
    form.offer(list_services(read), list_practitioner_names(read))
    return dialog_for(
        patient, f"{PAGES}/_new.html", _("Put on the waitlist"), url_for("waitlist.index"), status, form=form
    )


@blueprint.post("")
@requires("appointments.book")
@reads("patient")
def create() -> BaseResponse:
    form = JoinForm()
    if not form.validate() or form.from_day.data is None or form.until_day.data is None:
        return _ask(form, 422)
    part = form.part.data
    try:
        with transaction() as write:
            service.join_waitlist(
                write,
                patient_id=form.patient_id.data,
                service_id=form.service_id.data,
                practitioner_id=form.practitioner_id.data or None,
                from_day=form.from_day.data,
                until_day=form.until_day.data,
                part_of_day=PartOfDay(part) if part in list(PartOfDay) else None,
                note=form.note.data,
                key=form.key,
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
    except Invalid as error:
        form.add_error(error)
        return _ask(form, 422)
    return _done(_("On the waitlist."), form.patient_id.data)


@blueprint.post("/<int:wait_id>/hold")
@requires("appointments.book")
@reads("patient")
def hold(wait_id: int) -> BaseResponse:
    form = HoldForm()
    if not form.validate():
        raise Invalid(_("Choose a free time."))
    with transaction() as write:
        patient_id = service.hold_time(
            write,
            entry_id=wait_id,
            placement=read_slot(form.slot.data),
            actor=actor(),
            now=clock.now(),
            zone=settings().zone,
        ).patient_id
    return _done(_("The time is held for ten minutes."), patient_id)


@blueprint.post("/<int:wait_id>/release")
@requires("appointments.book")
@reads("patient")
def release(wait_id: int) -> BaseResponse:
    with transaction() as write:
        entry = service.release_hold(write, entry_id=wait_id, actor=actor(), now=clock.now(), zone=settings().zone)
        patient_id = entry.patient_id
    return _done(_("The time is free again."), patient_id)


@blueprint.get("/<int:wait_id>")
@requires("appointments.view")
@reads("patient")
def show(wait_id: int) -> Response:
    return _details(BookForm(formdata=None), queries.get_entry(current_session(), wait_id))


def _details(form: BookForm, entry: WaitlistEntry, status: int = 200, **context: object) -> Response:
    reading.shown(entry.patient_id)
    context = {"clashes": [], "others": [], **context, "form": form, "entry": entry}
    return dialog(f"{PAGES}/_details.html", _("Waitlist"), url_for("waitlist.index"), status, **context)


@blueprint.post("/<int:wait_id>/book")
@requires("appointments.book")
@reads("patient")
def book(wait_id: int) -> BaseResponse:
    form, read = BookForm(), current_session()
    if not form.validate():
        return _details(form, queries.get_entry(read, wait_id), 422)
    try:
        with transaction() as write:
            appointment = service.book_held(
                write,
                entry_id=wait_id,
                reasons=Reasons(same_day=form.same_day_reason.data),
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            event = find_last_event(write, appointment.id)
    except SameDay as error:
        return _details(form, queries.get_entry(read, wait_id), 422, others=error.others)
    except SlotTaken as error:
        clashes = [clash.text for clash in error.clashes] or [error.message]
        return _details(form, queries.get_entry(read, wait_id), 409, clashes=clashes)
    return stepped(appointment, event, can_undo=False)


@blueprint.post("/<int:wait_id>/withdraw")
@requires("appointments.book")
@reads("patient")
def withdraw(wait_id: int) -> BaseResponse:
    with transaction() as write:
        entry = service.withdraw_entry(write, entry_id=wait_id, actor=actor(), now=clock.now(), zone=settings().zone)
        patient_id = entry.patient_id
    return _done(_("Taken off the waitlist."), patient_id, undo=url_for("waitlist.restore", wait_id=wait_id))


@blueprint.post("/<int:wait_id>/restore")
@requires("appointments.book")
@reads("patient")
def restore(wait_id: int) -> BaseResponse:
    with transaction() as write:
        patient_id = service.restore_entry(write, entry_id=wait_id, actor=actor(), now=clock.now()).patient_id
    return _done(_("Back on the waitlist."), patient_id)


def _done(message: str, patient_id: int, undo: str | None = None) -> BaseResponse:
    """A toast, with the way back if there is one; open lists read themselves again."""
    reading.shown(patient_id)
    return htmx.done(message, back=url_for("waitlist.index"), changed=CHANGED, undo=undo)
