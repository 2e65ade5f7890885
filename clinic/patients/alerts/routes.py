"""Adding and voiding alerts, in a dialog of the chart or on a page of their own."""

from flask import Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.patients.alerts import service
from clinic.patients.alerts.forms import AlertForm
from clinic.patients.alerts.queries import get_alert
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.page import changed_chart
from clinic.patients.forms import ReasonForm
from clinic.patients.models import AlertLevel
from clinic.patients.queries import get_patient
from clinic.web.dialogs import dialog
from clinic.web.security import actor


@blueprint.get("/patients/<int:patient_id>/alerts/new")
@requires("patients.alert")
@reads("patient")
def new_alert(patient_id: int) -> Response:
    get_patient(current_session(), patient_id)
    return _new_page(AlertForm(formdata=None), patient_id)


@blueprint.post("/patients/<int:patient_id>/alerts")
@requires("patients.alert")
@reads("patient")
def add_alert(patient_id: int) -> BaseResponse:
    form = AlertForm()
    if not form.validate():
        return _new_page(form, patient_id, 422)
    with transaction() as session:
        service.add_alert(
            session,
            patient_id=patient_id,
            level=AlertLevel(form.level.data),
            text=form.text.data,
            key=form.key,
            actor=actor(),
            now=clock.now(),
        )
    return changed_chart(patient_id, _("The alert stands on the chart."))


@blueprint.get("/patients/<int:patient_id>/alerts/<int:alert_id>/void")
@requires("patients.alert")
@reads("patient")
def confirm_void_alert(patient_id: int, alert_id: int) -> Response:
    return _void_page(ReasonForm(formdata=None), patient_id, alert_id)


@blueprint.post("/patients/<int:patient_id>/alerts/<int:alert_id>/void")
@requires("patients.alert")
@reads("patient")
def void_alert(patient_id: int, alert_id: int) -> BaseResponse:
    form = ReasonForm()
    if not form.validate():
        return _void_page(form, patient_id, alert_id, 422)
    with transaction() as session:
        service.void_alert(
            session,
            patient_id=patient_id,
            alert_id=alert_id,
            reason=form.reason.data,
            actor=actor(),
            now=clock.now(),
        )
    return changed_chart(patient_id, _("The alert was voided."))


def _new_page(form: AlertForm, patient_id: int, status: int = 200) -> Response:
    back = url_for("patients.show", patient_id=patient_id)
    return dialog("patients/alerts/_new.html", _("Add an alert"), back, status, form=form, patient_id=patient_id)


def _void_page(form: ReasonForm, patient_id: int, alert_id: int, status: int = 200) -> Response:
    alert = get_alert(current_session(), patient_id, alert_id)
    back = url_for("patients.show", patient_id=patient_id)
    return dialog("patients/alerts/_void.html", _("Void this alert"), back, status, form=form, alert=alert)
