"""How views of appointments answer: the fresh state for whatever page is open, and a toast with the way back."""

from flask import render_template, url_for
from flask_babel import format_date, format_time
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.models import Appointment, AppointmentEvent, Step
from clinic.appointments.waitlist.queries import count_suited
from clinic.appointments.words import STEP_WORDS
from clinic.db import current_session
from clinic.web import htmx, reading
from clinic.web.security import settings

CHANGED = "close-dialog, appointments-changed"


def when(appointment: Appointment) -> str:
    """Day and time in words."""
    day = format_date(clock.clinic_day(appointment.starts_at, settings().zone), "EEE d MMM", rebase=False)
    return str(_("%(day)s, %(time)s", day=day, time=format_time(appointment.starts_at, "short")))


def stepped(appointment: Appointment, event: AppointmentEvent | None, *, can_undo: bool = True) -> BaseResponse:
    """After a step: a toast that says it, with the way back; the open lists read themselves again."""
    reading.shown(appointment.patient_id)
    done = STEP_WORDS[event.step].done if event else _("Nothing was changed")
    message = f"{done}: {when(appointment)}"
    if not htmx.wants_partial():
        return htmx.go(url_for("appointments.show", appointment_id=appointment.id), toast=message)
    is_freed = event is not None and event.step in (Step.CANCEL, Step.NO_SHOW)
    waiting = count_suited(current_session(), appointment) if is_freed else 0
    context = {
        "message": message,
        "who": appointment.patient.display_name,
        "event": event if can_undo else None,
        "waiting": waiting,
    }
    return htmx.aside(render_template("appointments/_stepped.html", **context), CHANGED)
