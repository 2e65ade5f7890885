"""Who is this? An anonymous ticket gets a name: whom, then as at check-in."""

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.patients.beginning import dialog_for
from clinic.patients.queries import get_patient
from clinic.patients.search.page import Results, patient_ids, read_results, read_text
from clinic.queue import queries
from clinic.queue.blueprint import blueprint
from clinic.queue.checkin.queries import list_booked_near, list_for_check_in
from clinic.queue.checkin.service import identify_walk_in
from clinic.queue.forms import STEP_WORDS, IdentifyForm
from clinic.queue.models import QueueEntry, Step
from clinic.visits.queries import find_open_visit
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.security import actor, settings

__all__ = ["blueprint"]

SHOWN_PATIENTS = 8
PAGES = "queue/walkins"


@blueprint.get("/<int:entry_id>/identify")
@requires("queue.join")
@reads("patient")
def ask_identify(entry_id: int) -> Response:
    entry = queries.get_entry(current_session(), entry_id)
    patient_id = request.args.get("patient_id", type=whole)
    if patient_id is None:
        return _choose_patient(entry)
    form = IdentifyForm(formdata=None)
    form.patient_id.data = patient_id
    return _show_form(entry, form)


@blueprint.post("/<int:entry_id>/identify/patients")
@requires("queue.join")
@reads("list")
def find_holder(entry_id: int) -> Response | str:
    """Whom the typed text means, each with the way on."""
    entry = queries.get_entry(current_session(), entry_id)
    text = read_text(request.form.get("q", ""))
    results = read_results(current_session(), text, SHOWN_PATIENTS) if text.typed else None
    reading.shown(*patient_ids(results))
    if request.form.get("typing"):
        return render_template(f"{PAGES}/_patients.html", results=results, entry=entry)
    return _choose_patient(entry, results)


@blueprint.post("/<int:entry_id>/identify")
@requires("queue.join")
@reads("patient")
def identify(entry_id: int) -> BaseResponse:
    form = IdentifyForm()
    if not form.validate():
        return _choose_patient(queries.get_entry(current_session(), entry_id), status=422)
    try:
        with transaction() as write:
            entry = identify_walk_in(
                write,
                entry_id=entry_id,
                patient_id=form.patient_id.data,
                appointment_id=form.appointment_id.data or None,
                is_confirmed=form.confirm.data,
                actor=actor(),
                now=clock.now(),
                zone=settings().zone,
            )
            event = queries.find_last_event(write, entry.id)
    except Invalid as error:
        form.add_error(error)
        return _show_form(queries.get_entry(current_session(), entry_id), form, 422)
    message = _("%(ticket)s %(done)s", ticket=entry.ticket, done=STEP_WORDS[Step.IDENTIFY].done)
    reading.shown(entry.patient_id)
    if not htmx.wants_partial():
        return htmx.go(url_for("queue.board", department_id=entry.department_id), toast=message)
    word = render_template("queue/_stepped.html", message=message, entry=entry, event=event)
    return htmx.aside(word, "close-dialog, queue-changed, visits-changed, appointments-changed")


def _choose_patient(entry: QueueEntry, results: Results | None = None, status: int = 200) -> Response:
    reading.shown(entry.patient_id, *patient_ids(results))
    return dialog(f"{PAGES}/_holder.html", _title(entry), _back(entry), status, entry=entry, results=results)


def _show_form(entry: QueueEntry, form: IdentifyForm, status: int = 200) -> Response:
    """The patient, their appointments of the day, and the tickets they already have."""
    read, patient_id = current_session(), form.patient_id.data
    reading.shown(patient_id)
    form.offer(list_for_check_in(read, patient_id, entry.day), entry.service_id)
    reading.shown(entry.patient_id)
    return dialog_for(
        get_patient(read, patient_id),
        f"{PAGES}/_identify.html",
        _title(entry),
        _back(entry),
        status,
        entry=entry,
        form=form,
        near=list_booked_near(read, patient_id, entry.day),
        here=find_open_visit(read, patient_id, entry.day),
        open_entries=queries.list_open_of_patient(read, patient_id, entry.day),
    )


def _title(entry: QueueEntry) -> str:
    return f"{STEP_WORDS[Step.IDENTIFY].label} · {entry.ticket}"


def _back(entry: QueueEntry) -> str:
    return url_for("queue.board", department_id=entry.department_id)
