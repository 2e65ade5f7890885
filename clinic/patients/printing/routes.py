"""Choosing what to print of a patient, the page for the printer, and the same as PDF."""

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from clinic.auth.access import reads, requires
from clinic.db import current_session
from clinic.errors import NotFound
from clinic.patients.blueprint import blueprint
from clinic.patients.labels import sex
from clinic.patients.models import Patient
from clinic.patients.printing.codes import bars, dots
from clinic.patients.printing.papers import SIZES, Imprint, Paper
from clinic.patients.printing.pdf import make_pdf
from clinic.patients.queries import get_patient
from clinic.web.dialogs import dialog
from clinic.web.filters import birth_date
from clinic.web.security import settings

__all__ = ["blueprint"]


@blueprint.get("/patients/<int:patient_id>/printing")
@requires("patients.view")
@reads("patient")
def printing(patient_id: int) -> Response:
    patient = get_patient(current_session(), patient_id)
    back = url_for("patients.show", patient_id=patient_id)
    return dialog("patients/printing/_papers.html", _("Labels and cards"), back, patient=patient, sizes=SIZES)


@blueprint.get("/patients/<int:patient_id>/printing/<paper>")
@requires("patients.view")
@reads("patient")
def print_page(patient_id: int, paper: str) -> str:
    """The page that the browser prints; with `print=1` it asks for the printer at once."""
    chosen = _paper(paper)
    imprint = _imprint(get_patient(current_session(), patient_id))
    number = imprint.number
    return render_template(
        "patients/printing/print_page.html",
        patient_id=patient_id,
        paper=chosen,
        size=SIZES[chosen],
        imprint=imprint,
        bars=bars(number),
        dots=dots(number),
    )


@blueprint.get("/patients/<int:patient_id>/printing/<paper>.pdf")
@requires("patients.view")
@reads("patient")
def print_pdf(patient_id: int, paper: str) -> Response:
    chosen = _paper(paper)
    imprint = _imprint(get_patient(current_session(), patient_id))
    response = Response(make_pdf(chosen, imprint), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"{chosen}-{imprint.number}.pdf")
    return response


def _paper(name: str) -> Paper:
    if name not in set(Paper):
        raise NotFound(_("There is no such label."))
    return Paper(name)


def _imprint(patient: Patient) -> Imprint:
    born = birth_date(patient.birth_date, patient.birth_precision.value)
    facts = [born, sex(patient.sex.value)]
    return Imprint(settings().clinic_name, patient.display_name, " · ".join(filter(None, facts)), patient.mrn)
