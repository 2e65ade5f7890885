"""The slip of an appointment, as a page for the printer and as PDF."""

from flask import Blueprint, Response, render_template

from clinic.appointments.models import Appointment
from clinic.appointments.queries import get_appointment
from clinic.appointments.slips.pdf import Slip, make_slip
from clinic.auth.access import reads, requires
from clinic.db import current_session
from clinic.patients.printing.codes import bars
from clinic.web import reading
from clinic.web.filters import full_date, local_time
from clinic.web.security import settings

blueprint = Blueprint("slips", __name__, url_prefix="/appointments")


@blueprint.get("/<int:appointment_id>/slip")
@requires("appointments.view")
@reads("patient")
def show(appointment_id: int) -> str:
    """The page that the browser prints; with `print=1` it asks for the printer at once."""
    appointment = _opened(appointment_id)
    slip = _slip(appointment)
    return render_template("appointments/slips/show.html", appointment=appointment, slip=slip, bars=bars(slip.number))


@blueprint.get("/<int:appointment_id>/slip.pdf")
@requires("appointments.view")
@reads("patient")
def download(appointment_id: int) -> Response:
    response = Response(make_slip(_slip(_opened(appointment_id))), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"appointment-{appointment_id}.pdf")
    return response


def _opened(appointment_id: int) -> Appointment:
    appointment = get_appointment(current_session(), appointment_id)
    reading.shown(appointment.patient_id)
    return appointment


def _slip(appointment: Appointment) -> Slip:
    practitioner, room = appointment.practitioner, appointment.room
    where = [practitioner.display_name if practitioner else "", room.name if room else ""]
    return Slip(
        clinic=settings().clinic_name,
        name=appointment.patient.display_name,
        day=full_date(appointment.day),
        time=local_time(appointment.starts_at),
        what=appointment.service.name,
        where=" · ".join(filter(None, where)),
        number=appointment.patient.mrn,
    )
