"""Registering a patient and changing what is known of one."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.practitioners.queries import list_practitioner_names
from clinic.errors import Conflict
from clinic.idempotency import find_made
from clinic.numbers import whole
from clinic.patients import service
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.history import describe_all, field_labels
from clinic.patients.chart.page import check_in_url
from clinic.patients.details import PatientDetails, details_of
from clinic.patients.duplicates import labels
from clinic.patients.duplicates.queries import Duplicate, find_duplicates
from clinic.patients.models import Patient
from clinic.patients.queries import get_patient
from clinic.patients.registration.conflicts import as_it_was, changes_since, merge
from clinic.patients.registration.forms import EditPatientForm, NewPatientForm, PatientForm
from clinic.patients.registration.values import guessed_values, shown_values, typed_details
from clinic.web import htmx, reading
from clinic.web.fields import read_birth_date
from clinic.web.security import actor, settings

__all__ = ["blueprint", "labels"]


@blueprint.get("/patients/new")
@requires("patients.edit")
@reads_nothing("an empty form")
def new() -> Response:
    form = NewPatientForm(formdata=None)
    _offer_practitioners(form)
    return _new_page(form)


@blueprint.post("/patients/begin")
@requires("patients.edit")
@reads_nothing("an empty form")
def begin() -> Response:
    """The form with what was typed into the search. By POST: names do not go into addresses."""
    form = NewPatientForm(formdata=None, data=guessed_values(request.form.get("typed", "")))
    _offer_practitioners(form)
    return _new_page(form)


@blueprint.post("/patients/new")
@requires("patients.edit")
@reads("list")
def create() -> BaseResponse:
    form = NewPatientForm()
    _offer_practitioners(form)
    if command := request.form.get("rows"):
        return _new_page(form, focus=form.change_rows(command))
    if not form.validate():
        return _new_page(form, 422)
    earlier = find_made(current_session(), Patient, form.key)
    likely = [] if earlier else _unconfirmed(form)
    if likely:
        return _new_page(form, 409, duplicates=likely)
    with transaction() as session:
        patient = service.register_patient(
            session,
            details=typed_details(form, settings().region),
            key=form.key,
            actor=actor(),
            now=clock.now(),
        )
    return _registered(patient)


@blueprint.post("/patients/duplicates")
@requires("patients.edit")
@reads("list")
def duplicates() -> str:
    form = NewPatientForm()
    found = find_duplicates(current_session(), typed_details(form, settings().region))
    reading.shown(*(each.patient.id for each in found))
    return render_template("patients/registration/_duplicates.html", duplicates=found, asking=False)


@blueprint.post("/patients/birth-date")
@requires("patients.edit")
@reads_nothing("a date in words")
def birth_date() -> str:
    typed, found, problem = request.form.get("birth_date", "").strip(), None, None
    try:
        found = read_birth_date(typed) if typed else None
    except ValueError as error:
        problem = str(error)
    return render_template("patients/registration/_birth.html", found=found, problem=problem)


@blueprint.get("/patients/<int:patient_id>/edit")
@requires("patients.edit")
@reads("patient")
def edit(patient_id: int) -> Response:
    patient = get_patient(current_session(), patient_id)
    return _edit_page(_edit_form(patient, formdata=None), patient)


@blueprint.post("/patients/<int:patient_id>/edit")
@requires("patients.edit")
@reads("patient")
def update(patient_id: int) -> BaseResponse:
    patient = get_patient(current_session(), patient_id)
    form = _edit_form(patient)
    form.check_complete()
    if command := request.form.get("rows"):
        return _edit_page(form, patient, focus=form.change_rows(command))
    if not form.validate():
        return _edit_page(form, patient, 422)
    try:
        with transaction() as session:
            service.update_patient(
                session,
                patient_id=patient_id,
                details=typed_details(form, settings().region),
                expected_version=form.expected_version,
                actor=actor(),
                now=clock.now(),
            )
    except Conflict:
        return _stale_page(form, patient_id)
    return htmx.go(url_for("patients.show", patient_id=patient_id), toast=_("Saved."))


def _registered(patient: Patient) -> BaseResponse:
    reading.shown(patient.id)
    toast = _("Registered with MRN %(mrn)s.", mrn=patient.mrn)
    if ticket := _ticket():
        return htmx.go(url_for("queue.ask_identify", entry_id=ticket, patient_id=patient.id), toast=toast)
    check_in = check_in_url(patient.id) if request.form.get("then") == "check_in" else None
    return htmx.go(check_in or url_for("patients.show", patient_id=patient.id), toast=toast)


def _unconfirmed(form: NewPatientForm) -> list[Duplicate]:
    """Likely duplicates that were not shown and denied yet; remembers in the form that they are shown now."""
    found = find_duplicates(current_session(), typed_details(form, settings().region))
    denied = set((form.confirmed.data or "").split())
    likely = [d for d in found if d.is_likely]
    form.confirmed.data = " ".join(sorted(denied | {str(d.patient.id) for d in likely}))
    return likely if any(str(d.patient.id) not in denied for d in likely) else []


def _new_page(form: NewPatientForm, status: int = 200, **context: Any) -> Response:
    return _page("patients/new.html", form, url_for("patients.create", ticket=_ticket()), status, **context)


def _ticket() -> int | None:
    """The anonymous ticket whose holder is being registered."""
    return request.args.get("ticket", type=whole)


def _edit_page(form: EditPatientForm, patient: Patient, status: int = 200, **context: Any) -> Response:
    action = url_for("patients.update", patient_id=patient.id)
    return _page("patients/edit.html", form, action, status, patient=patient, **context)


def _page(template: str, form: PatientForm, action: str, status: int, **context: Any) -> Response:
    defaults: dict[str, Any] = {"patient": None, "duplicates": [], "focus": None, "changes": [], "both": set()}
    context = defaults | context | {"form": form, "action": action}
    shown = [context["patient"], *(each.patient for each in context["duplicates"])]
    reading.shown(*(patient.id for patient in shown if patient))
    return htmx.page(template, partial="patients/registration/_form.html", status=status, **context)


def _offer_practitioners(form: PatientForm, patient: Patient | None = None) -> None:
    own = patient.practitioner if patient else None
    form.offer_practitioners(list_practitioner_names(current_session()), own)


def _edit_form(patient: Patient, details: PatientDetails | None = None, **options: Any) -> EditPatientForm:
    """The form of what is on file, or of `details` where they differ from it."""
    stored = details_of(patient)
    shown = shown_values(details or stored, settings().region) | {"version": str(patient.version)}
    form = EditPatientForm(data=shown, stored=stored, **options)
    _offer_practitioners(form, patient)
    return form


def _stale_page(form: EditPatientForm, patient_id: int) -> Response:
    """What the other person changed, and the form with their changes wherever this person made none."""
    session = current_session()
    patient = get_patient(session, patient_id)
    entries = changes_since(session, patient_id, patient.version - form.expected_version)
    fresh = details_of(patient)
    form.stored = as_it_was(fresh, entries)
    merged, both = merge(typed_details(form, settings().region), fresh, entries)
    again = _edit_form(patient, merged, formdata=None)
    return _edit_page(again, patient, 409, changes=describe_all(session, entries), both=field_labels(both))
