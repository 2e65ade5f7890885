"""The chart: its header, summary, history of changes, and taking it out of the daily lists."""

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.paging import FETCHED, Page, page_after, read_key
from clinic.patients import labels, service
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.history import describe_all
from clinic.patients.chart.page import changed_chart, open_chart
from clinic.patients.chart.queries import get_chart, list_history
from clinic.patients.forms import ReasonForm
from clinic.patients.queries import get_patient
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.fields import choice_in_address
from clinic.web.filters import today
from clinic.web.security import actor

__all__ = ["blueprint", "labels"]


@blueprint.get("/patients/<int:patient_id>")
@requires("patients.view")
@reads("patient")
def show(patient_id: int) -> Response:
    return htmx.page("patients/show.html", partial="patients/chart/_summary.html", chart=open_chart(patient_id))


@blueprint.get("/patients/<int:patient_id>/header")
@requires("patients.view")
@reads("patient")
def header(patient_id: int) -> str:
    chart = get_chart(current_session(), patient_id, today())
    return render_template("patients/chart/_header.html", chart=chart)


@blueprint.get("/patients/<int:patient_id>/changes")
@requires("patients.view")
@reads("patient")
def changes(patient_id: int) -> Response:
    chart, session = open_chart(patient_id), current_session()
    show = choice_in_address(request.args, "show", ("openings", "all"), "changes")
    rows = list_history(session, patient_id, kind=show, before=read_key(request.args.get("after")), limit=FETCHED)
    found = page_after(rows, lambda entry: (entry.seq,))
    page = Page(describe_all(session, found.rows), next=found.next)
    partial = "patients/chart/_changes.html"
    return htmx.page("patients/changes.html", partial=partial, chart=chart, page=page, show=show)


@blueprint.get("/patients/<int:patient_id>/activity")
@requires("patients.edit")
@reads("patient")
def activity(patient_id: int) -> Response:
    return _activity_page(ReasonForm(formdata=None), patient_id)


@blueprint.post("/patients/<int:patient_id>/deactivate")
@requires("patients.edit")
@reads("patient")
def deactivate(patient_id: int) -> BaseResponse:
    form = ReasonForm()
    if not form.validate():
        return _activity_page(form, patient_id, 422)
    with transaction() as session:
        service.deactivate_patient(
            session, patient_id=patient_id, reason=form.reason.data, actor=actor(), now=clock.now()
        )
    return changed_chart(patient_id, _("The patient was deactivated."))


@blueprint.post("/patients/<int:patient_id>/reactivate")
@requires("patients.edit")
@reads("patient")
def reactivate(patient_id: int) -> BaseResponse:
    form = ReasonForm()
    if not form.validate():
        return _activity_page(form, patient_id, 422)
    with transaction() as session:
        service.reactivate_patient(
            session, patient_id=patient_id, reason=form.reason.data, actor=actor(), now=clock.now()
        )
    return changed_chart(patient_id, _("The patient is active again."))


def _activity_page(form: ReasonForm, patient_id: int, status: int = 200) -> Response:
    patient = get_patient(current_session(), patient_id)
    title = _("Deactivate this patient") if patient.is_active else _("Reactivate this patient")
    back = url_for("patients.show", patient_id=patient_id)
    return dialog("patients/chart/_activity.html", title, back, status, form=form, patient=patient)
