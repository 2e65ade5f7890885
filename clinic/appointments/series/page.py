"""What the dialogs of a series show."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from flask import Response, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from clinic.appointments.answers import CHANGED
from clinic.appointments.booking.page import offer_places, read_slot
from clinic.appointments.models import Appointment, AppointmentSeries
from clinic.appointments.series.forms import SeriesForm
from clinic.appointments.series.plans import Planned
from clinic.clock import clinic_day
from clinic.directory.queries import list_services
from clinic.patients.beginning import dialog_for
from clinic.patients.queries import get_patient
from clinic.web import htmx, reading
from clinic.web.security import settings

PAGES = "appointments/series"


def rule_words(series: AppointmentSeries) -> str:
    """Every 2 weeks on Monday at 10:00."""
    day = format_date(series.starts_on, "EEEE", rebase=False)
    time = f"{series.local_time:%H:%M}"
    return str(
        ngettext(
            "Every week on %(day)s at %(time)s",
            "Every %(num)s weeks on %(day)s at %(time)s",
            series.every_weeks,
            day=day,
            time=time,
        )
    )


def read_booking(form: SeriesForm, sent: Any) -> None:
    """Begin with what stood in the booking form, whichever of the two it was."""
    slot = sent.get("slot")
    if slot and "time" not in sent:
        place, zone = read_slot(slot), settings().zone
        local = place.starts_at.astimezone(zone)
        form.day.data, form.time.data = clinic_day(place.starts_at, zone), local.time()
        form.practitioner_id.data, form.room_id.data = place.practitioner_id or 0, place.room_id or 0
        form.day.raw_data = form.time.raw_data = None


def form_page(
    session: Session,
    form: SeriesForm,
    status: int = 200,
    *,
    plan: Sequence[Planned] = (),
    leave_out: Collection[dt.date] = (),
) -> Response:
    """The form of a new series, with the dates and what they meet once they were looked at."""
    offer_places(session, form)
    form.offer((service.id, service.name) for service in list_services(session))
    patient = get_patient(session, form.patient_id.data)
    reading.shown(patient.id)
    return dialog_for(
        patient,
        f"{PAGES}/_new.html",
        _("Repeat an appointment"),
        url_for("calendar.index"),
        status,
        form=form,
        plan=plan,
        leave_out=leave_out,
    )


def proposed(plan: Sequence[Planned]) -> set[dt.date]:
    """The days that a plan proposes to leave out: those where something stands in the way."""
    return {one.day for one in plan if one.problems}


def done(message: str, series_id: int, undo: str | None = None) -> BaseResponse:
    """A toast with the way back, the dialog closed, and the open lists read again; a page of its own without script."""
    return htmx.done(message, back=url_for("series.show", series_id=series_id), changed=CHANGED, undo=undo)


def first_expected(members: Sequence[Appointment], now: dt.datetime) -> Appointment | None:
    """The next appointment of a series that is still to come."""
    return next((one for one in members if one.is_expected and one.starts_at >= now), None)
