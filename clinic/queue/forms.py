"""What staff may send to the queue, and the words for steps, states and lanes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from clinic.appointments.models import Appointment
from clinic.directory.models import Practitioner, Service
from clinic.numbers import whole
from clinic.queue.models import TRANSITIONS, Lane, State, Step
from clinic.web.fields import WholeField
from clinic.web.filters import local_time
from clinic.web.forms import CreateForm, Form, KeyedForm, options

LANE_WORDS = {Lane.URGENT: _l("Urgent"), Lane.PRIORITY: _l("Priority"), Lane.NORMAL: _l("Normal")}
STATE_WORDS = {
    State.WAITING: _l("Waiting"),
    State.CALLED: _l("Called"),
    State.IN_SERVICE: _l("In service"),
    State.ON_HOLD: _l("On hold"),
    State.DONE: _l("Done"),
    State.NO_SHOW: _l("No-show"),
    State.CANCELLED: _l("Cancelled"),
}


class StepWords(NamedTuple):
    """A step on a button (label, icon, key on the focused ticket) and, `done`, in the past."""

    label: str
    icon: str
    key: str
    done: str


STEP_WORDS = {
    Step.JOIN: StepWords(_l("Check in"), "ticket", "", _l("checked in")),
    Step.CALL: StepWords(_l("Call"), "megaphone", "a", _l("called")),
    Step.RECALL: StepWords(_l("Call again"), "bell", "r", _l("called again")),
    Step.START: StepWords(_l("Start"), "play", "s", _l("started")),
    Step.HOLD: StepWords(_l("Put on hold"), "pause", "h", _l("put on hold")),
    Step.RESUME: StepWords(_l("Back to waiting"), "undo", "b", _l("back to waiting")),
    Step.TRANSFER: StepWords(_l("Transfer"), "transfer", "m", _l("transferred")),
    Step.FINISH: StepWords(_l("Finish"), "check", "f", _l("finished")),
    Step.NO_SHOW: StepWords(_l("No-show"), "eye", "o", _l("did not come")),
    Step.RESTORE: StepWords(_l("Bring back"), "refresh", "b", _l("brought back")),
    Step.LEAVE: StepWords(_l("Left"), "door", "l", _l("left without being seen")),
    Step.CANCEL: StepWords(_l("Cancel ticket"), "x", "x", _l("cancelled")),
    Step.WITHDRAW: StepWords(_l("Given by mistake"), "undo", "", _l("taken back, given by mistake")),
    Step.CLOSE: StepWords(_l("Close"), "check", "", _l("closed")),
    Step.IDENTIFY: StepWords(_l("Who is this?"), "user", "i", _l("identified")),
    Step.CONFIRM: StepWords(_l("Confirm who it is"), "check", "i", _l("confirmed")),
    Step.UNDO: StepWords(_l("Undo"), "undo", "", _l("last step undone")),
}


class JoinForm(CreateForm):
    """Check a patient in, or give a ticket to a walk-in when no patient is named. The service layer checks the choice.

    `appointment_id` 0 or none is "without an appointment"; with one, the service is the appointment's.
    """

    patient_id = WholeField(widget=HiddenInput(), validators=[Optional(), NumberRange(1)])
    appointment_id = RadioField(
        _l("Appointment today"), coerce=whole, choices=[], validate_choice=False, validators=[Optional()]
    )
    service_id = RadioField(
        _l("Service"),
        coerce=whole,
        choices=[],
        validate_choice=False,
        validators=[InputRequired(_l("Choose a service."))],
    )
    lane = RadioField(
        _l("Lane"),
        coerce=Lane,
        choices=options((lane.value, LANE_WORDS[lane]) for lane in reversed(Lane)),
        default=Lane.NORMAL,
    )
    confirm = BooleanField(_l("Give another ticket"))
    walk_in = BooleanField(_l("Check in without it: the appointment stays where it is"))

    def offer(self, services: Sequence[Service], appointments: Sequence[Appointment] = ()) -> "JoinForm":
        """Set the services, and the patient's appointments, to choose from."""
        self.service_id.choices = options((s.id, s.name) for s in services)
        self.appointment_id.choices = appointment_choices(appointments)
        return self


def appointment_choices(appointments: Sequence[Appointment]) -> Sequence[Any]:
    """A patient's appointments and none of them; nothing to choose when there are none."""
    texts = [(a.id, _appointment_text(a)) for a in appointments]
    return options([*texts, (0, _("Without an appointment"))]) if texts else []


def _appointment_text(appointment: Appointment) -> str:
    """When, what and with whom."""
    who = appointment.practitioner or appointment.room
    with_whom = who.display_name if isinstance(who, Practitioner) else who.name if who else ""
    return " · ".join(filter(None, (local_time(appointment.starts_at), appointment.service.name, with_whom)))


class IdentifyForm(Form):
    """Whose ticket it is, and which of their appointments of today they came for; 0 or none is "without"."""

    patient_id = WholeField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1)])
    appointment_id = RadioField(
        _l("Appointment today"), coerce=whole, choices=[], validate_choice=False, validators=[Optional()]
    )
    confirm = BooleanField(_l("It is a further ticket of this patient"))

    def offer(self, appointments: Sequence[Appointment], service_id: int) -> "IdentifyForm":
        """Set the patient's appointments to choose from; the one for the ticket's service is proposed."""
        self.appointment_id.choices = appointment_choices(appointments)
        if self.appointment_id.data is None and appointments:
            fitting = [each.id for each in appointments if each.service_id == service_id]
            self.appointment_id.data = fitting[0] if fitting else appointments[0].id
        return self


class MoveForm(KeyedForm):
    """A step. `board` and `only_room` say which board it was taken on, so that its fresh state is the answer."""

    room_id = WholeField(widget=HiddenInput(), validators=[Optional(), NumberRange(1)])
    board = WholeField(widget=HiddenInput(), validators=[Optional(), NumberRange(1)])
    only_room = WholeField(widget=HiddenInput(), validators=[Optional(), NumberRange(1)])


class CancelForm(Form):
    reason = TextAreaField(
        _l("Reason"), validators=[DataRequired(_l("Say why the ticket is cancelled.")), Length(max=500)]
    )


class TransferForm(Form):
    service_id = RadioField(_l("Service"), coerce=whole, validators=[InputRequired(_l("Choose a service."))])

    def offer(self, services: Sequence[Service]) -> "TransferForm":
        """Set the services to choose from."""
        self.service_id.choices = options((s.id, f"{s.name} · {s.department.name}") for s in services)
        return self


# Minutes after which a wait is marked, and marked as late.
PATIENCE = {Lane.URGENT: (5, 10), Lane.PRIORITY: (10, 20), Lane.NORMAL: (20, 40)}


STEPS_FROM = {state: {step for step, moves in TRANSITIONS.items() if state in moves} for state in State}


def words() -> dict[str, Any]:
    """What the templates of the queue name things by."""
    return {
        "STEPS": STEP_WORDS,
        "STEPS_FROM": STEPS_FROM,
        "STATES": STATE_WORDS,
        "LANES": LANE_WORDS,
        "PATIENCE": PATIENCE,
        "Step": Step,
        "State": State,
        "Lane": Lane,
    }
