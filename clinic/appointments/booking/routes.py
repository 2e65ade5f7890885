"""Booking in a dialog: whom, then when and what for; from a chart, a free time of the calendar, or anywhere."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments import service
from clinic.appointments.answers import stepped
from clinic.appointments.booking import page
from clinic.appointments.booking.forms import BookingForm, FreeForm, TimeForm
from clinic.appointments.conflicts import SameDay, SlotTaken
from clinic.appointments.placement import Placement, placement_of
from clinic.appointments.queries import find_last_event
from clinic.appointments.words import words
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.directory.models import Service
from clinic.directory.practitioners.queries import list_practitioner_names
from clinic.directory.queries import list_services
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.patients.beginning import dialog_for
from clinic.patients.queries import get_patient
from clinic.patients.search.page import Results, patient_ids, read_results, read_text
from clinic.web import reading
from clinic.web.dialogs import dialog
from clinic.web.fields import day_in_address
from clinic.web.filters import today
from clinic.web.forms import options
from clinic.web.security import actor, settings

blueprint = Blueprint("booking", __name__, url_prefix="/appointments")
blueprint.context_processor(words)

LAST_SERVICE = "booking_service"
SHOWN_PATIENTS = 8
# What an address may say of the time to book; it is carried along while the patient is looked for.
CARRIED = ("day", "time", "column", "by", "from_day")


@blueprint.get("/new")
@requires("appointments.book")
@reads("patient")
def new() -> Response:
    patient_id = request.args.get("patient_id", type=whole)
    if patient_id is None:
        return _choose_patient()
    services = list_services(current_session())
    form: BookingForm = TimeForm(formdata=None) if "time" in request.args else FreeForm(formdata=None)
    form.patient_id.data, form.service_id.data = patient_id, _usual_service(services)
    try:
        _begin(form)
    except Invalid as error:
        form.add_error(error)
        return _show_form(form, 422, services=services)
    return _show_form(form, services=services)


def _begin(form: BookingForm) -> None:
    """What the address says of the time. Invalid where it cannot be read."""
    if isinstance(form, TimeForm):
        _begin_at_time(form)
    elif isinstance(form, FreeForm):
        form.from_day.data = max(day_in_address(request.args, "from_day", today()), today())
        form.practitioner_id.data = request.args.get("practitioner_id", 0, type=whole)


def _carried() -> dict[str, str]:
    given = request.form if request.method == "POST" else request.args
    return {name: given[name] for name in CARRIED if given.get(name)}


def _choose_patient() -> Response:
    return _patient_dialog(None)


def _patient_dialog(results: Results | None) -> Response:
    reading.shown(*patient_ids(results))
    back = url_for("calendar.index")
    partial = "appointments/booking/_patient.html"
    return dialog(partial, _("Book an appointment"), back, results=results, carried=_carried())


@blueprint.post("/new")
@requires("appointments.book")
@reads("list")
def find_patient() -> Response | str:
    """Whom the typed text means, each with the way on."""
    text = read_text(request.form.get("q", ""))
    results = read_results(current_session(), text, SHOWN_PATIENTS) if text.typed else None
    reading.shown(*patient_ids(results))
    if request.form.get("typing"):
        return render_template("appointments/booking/_patients.html", results=results, carried=_carried())
    return _patient_dialog(results)


def _begin_at_time(form: TimeForm) -> None:
    """At the time that the address names, in the room where the practitioner then works."""
    nowhere = Placement(starts_at=clock.now(), ends_at=clock.now())
    place = page.place_asked(request.args, nowhere)
    local = place.starts_at.astimezone(settings().zone)
    form.day.data, form.time.data = local.date(), local.time()
    form.practitioner_id.data = place.practitioner_id or 0
    room_id = page.usual_room(current_session(), place.practitioner_id, local.date(), local.time())
    form.room_id.data = place.room_id or room_id or 0


def _usual_service(services: list[Service]) -> int | None:
    """The one this browser booked last, else the first."""
    offered = [s.id for s in services]
    wanted = request.args.get("service_id", session.get(LAST_SERVICE), type=whole)
    return wanted if wanted in offered else next(iter(offered), None)


@blueprint.get("/slots")
@requires("appointments.book")
@reads("patient")
def slots() -> Response:
    """The free times that suit what was chosen so far; 422 beside a day that cannot be read."""
    form = FreeForm(request.args, meta={"csrf": False})
    # Where no time is free, the waitlist is offered to whom they are for.
    reading.shown(form.patient_id.data)
    is_read = form.from_day.validate(form) & form.part.validate(form)
    text = render_template(
        "appointments/booking/_slots.html", form=_offer_slots(form, page.later_than(request.args)), with_day=True
    )
    return make_response(text, 200 if is_read else 422)


def _before(slot: str | None) -> dt.datetime | None:
    """So that a chosen time is the first one offered again."""
    return page.read_slot(slot).starts_at - dt.timedelta(microseconds=1) if slot else None


def _offer_slots(form: FreeForm, after: dt.datetime | None = None) -> FreeForm:
    """Set the free times to choose from, those after an instant if one is named; the first one is chosen."""
    found = page.find_slots(current_session(), form, after)
    form.slot.choices = options((page.slot_value(slot), slot) for slot in found)
    if form.slot.data not in [choice.value for choice in form.slot.choices]:
        form.slot.data = page.slot_value(found[0]) if found else None
    return form


@blueprint.post("")
@requires("appointments.book")
@reads("patient")
def create() -> BaseResponse:
    form: TimeForm | FreeForm = TimeForm() if "time" in request.form else FreeForm()
    if not form.validate():
        return _show_form(form, 422)
    if isinstance(form, FreeForm) and not _has_chosen(form):
        form.slot.data = None
        return _show_form(form)
    try:
        with transaction() as write:
            appointment = service.book_appointment(
                write,
                patient_id=form.patient_id.data,
                service_id=form.service_id.data,
                placement=_placement(form),
                note=form.note.data,
                reasons=form.reasons(may_double_book=current_user.may("appointments.double_book")),
                key=form.key,
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            event = find_last_event(write, appointment.id)
    except SlotTaken as error:
        return _show_form(form, 409, clashes=[clash.text for clash in error.clashes] or [error.message])
    except SameDay as error:
        return _show_form(form, 422, others=error.others)
    except Invalid as error:
        form.add_error(error)
        return _show_form(form, 422)
    if session.get(LAST_SERVICE) != form.service_id.data:
        session[LAST_SERVICE] = form.service_id.data
    return stepped(appointment, event, can_undo=False)


def _has_chosen(form: FreeForm) -> bool:
    """Whether a free time was chosen among those of this service: without script the times shown may be another's."""
    shown_for = request.form.get("shown_for", form.service_id.data, type=whole)
    return "look" not in request.form and bool(form.slot.data) and shown_for == form.service_id.data


def _placement(form: TimeForm | FreeForm) -> Placement:
    """Where it would stand. Invalid."""
    if isinstance(form, FreeForm):
        return page.read_slot(form.slot.data)
    return placement_of(
        current_session(),
        service_id=form.service_id.data,
        starts_at=form.instant(settings().zone),
        practitioner_id=form.practitioner_id.data or None,
        room_id=form.room_id.data or None,
        minutes=form.minutes.data,
    )


def _show_form(
    form: BookingForm, status: int = 200, *, services: list[Service] | None = None, **context: Any
) -> Response:
    """The form for a patient, with what stands in the way."""
    read = current_session()
    form.offer(services or list_services(read))
    partial = "appointments/booking/_time.html"
    if isinstance(form, FreeForm):
        partial = "appointments/booking/_free.html"
        form.offer_practitioners(list_practitioner_names(read))
        _offer_slots(form, _before(form.slot.data))
    elif isinstance(form, TimeForm):
        page.offer_places(read, form)
    patient = get_patient(read, form.patient_id.data)
    reading.shown(patient.id)
    context = {"clashes": [], "others": [], **context, "form": form}
    return dialog_for(patient, partial, _("Book an appointment"), url_for("calendar.index"), status, **context)
