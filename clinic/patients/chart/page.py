"""What every view under /patients/<id> shares: opening the chart, and the tabs that exist.

A tab of another area extends `patients/chart.html`, fills its block `panel` and passes `chart=open_chart(patient_id)`.
"""

from dataclasses import dataclass
from typing import Any

from flask import current_app, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from clinic.db import current_session
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.queries import Chart, get_chart
from clinic.web import htmx, reading
from clinic.web.filters import today
from clinic.web.htmx import wants_partial


@dataclass(frozen=True)
class Tab:
    """One tab; hidden while its endpoint is not registered or the person may not open it."""

    endpoint: str
    label: str
    permission: str


TABS = (
    Tab("patients.show", _l("Summary"), "patients.view"),
    Tab("appointments.history", _l("Appointments"), "appointments.view"),
    Tab("documents.index", _l("Documents"), "documents.view"),
    Tab("visits.history", _l("Visits"), "visits.view"),
    Tab("patients.changes", _l("Changes"), "patients.view"),
)


CHECK_IN = "queue.new"
BOOK = "booking.new"


def open_chart(patient_id: int) -> Chart:
    """The chart for a view of one patient, with the records that were merged into it."""
    chart = get_chart(current_session(), patient_id, today())
    reading.shown(patient_id, *(record.patient_id for record in chart.merged))
    return chart


def changed_chart(patient_id: int, message: str) -> BaseResponse:
    """After a write from a dialog of the chart: its fresh header and a toast, or back to the chart without script."""
    if not wants_partial():
        return htmx.go(url_for("patients.show", patient_id=patient_id), toast=message)
    chart = get_chart(current_session(), patient_id, today())
    response = make_response(render_template("patients/chart/_header.html", chart=chart))
    return htmx.with_toast(response, message, close_dialog=True)


@blueprint.app_template_global()
def in_dialog(href: str, title: str) -> dict[str, str]:
    """Attributes that open the page of a link in the shared dialog."""
    return {
        "hx-get": href,
        "hx-target": "#shared-dialog-body",
        "hx-swap": "innerHTML",
        "aria-haspopup": "dialog",
        "data-dialog-title": title,
    }


@blueprint.app_template_global()
def check_in_url(patient_id: int) -> str | None:
    """Where this person gives the patient a ticket, if there is such a place."""
    return url_for(CHECK_IN, patient_id=patient_id) if offers_check_in() else None


@blueprint.app_template_global()
def booking_url(patient_id: int) -> str | None:
    """Where this person books an appointment for the patient, if there is such a place."""
    is_offered = BOOK in current_app.view_functions and current_user.may("appointments.book")
    return url_for(BOOK, patient_id=patient_id) if is_offered else None


@blueprint.app_template_global()
def offers_check_in() -> bool:
    """Whether this person may give tickets here."""
    return CHECK_IN in current_app.view_functions and bool(current_user.may("queue.join"))


@blueprint.app_template_global()
def chart_tabs(patient_id: int) -> list[dict[str, Any]]:
    """The tabs of a chart for components/tabs.html, in order, with the keys 1, 2, 3..."""
    there = [t for t in TABS if t.endpoint in current_app.view_functions and current_user.may(t.permission)]
    return [
        {
            "id": f"tab-{tab.endpoint.replace('.', '-')}",
            "label": tab.label,
            "href": url_for(tab.endpoint, patient_id=patient_id),
            "active": request.endpoint == tab.endpoint,
            "key": str(number),
        }
        for number, tab in enumerate(there, start=1)
    ]
