"""The words for states and steps of appointments on every screen."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from clinic.appointments.models import TRANSITIONS, CancelledBy, PartOfDay, State, Step

STATE_WORDS = {
    State.BOOKED: _l("Booked"),
    State.CONFIRMED: _l("Confirmed"),
    State.ARRIVED: _l("Arrived"),
    State.IN_PROGRESS: _l("In progress"),
    State.FULFILLED: _l("Fulfilled"),
    State.CANCELLED: _l("Cancelled"),
    State.NO_SHOW: _l("No-show"),
}
PART_WORDS = {PartOfDay.MORNING: _l("Morning"), PartOfDay.AFTERNOON: _l("Afternoon")}
CANCELLED_BY_WORDS = {CancelledBy.PATIENT: _l("Patient"), CancelledBy.CLINIC: _l("Clinic")}


class StepWords(NamedTuple):
    """A step on a button (label, icon, key in the dialog or on the focused row) and, `done`, in the past."""

    label: str
    icon: str
    key: str
    done: str


STEP_WORDS = {
    Step.BOOK: StepWords(_l("Book"), "calendar", "", _l("Booked")),
    Step.MOVE: StepWords(_l("Move"), "transfer", "m", _l("Moved")),
    Step.CONFIRM: StepWords(_l("Confirm"), "check", "f", _l("Confirmed")),
    Step.CANCEL: StepWords(_l("Cancel appointment"), "x", "x", _l("Cancelled")),
    Step.NO_SHOW: StepWords(_l("No-show"), "eye", "o", _l("Did not come")),
    Step.RESTORE: StepWords(_l("Bring back"), "undo", "r", _l("Brought back")),
    Step.NOTE: StepWords(_l("Edit note"), "edit", "e", _l("Note changed")),
    Step.ARRIVE: StepWords(_l("Check in"), "ticket", "", _l("Arrived")),
    Step.START: StepWords(_l("Start"), "play", "", _l("Started")),
    Step.FULFIL: StepWords(_l("Finish"), "check", "", _l("Fulfilled")),
    Step.LEAVE: StepWords(_l("Left"), "arrow-right", "", _l("Left without being seen")),
    Step.MISS: StepWords(_l("No-show"), "eye", "", _l("Did not come when called")),
    Step.REOPEN: StepWords(_l("Back to booked"), "undo", "", _l("Check-in taken back")),
    Step.UNDO: StepWords(_l("Undo"), "undo", "u", _l("Last step undone")),
}


STEPS_FROM = {state: {step for step, moves in TRANSITIONS.items() if state in moves} for state in State}


def words() -> dict[str, Any]:
    """What the templates of appointments name things by."""
    return {
        "STATES": STATE_WORDS,
        "STEPS": STEP_WORDS,
        "STEPS_FROM": STEPS_FROM,
        "CANCELLED_BY": CANCELLED_BY_WORDS,
        "PARTS": PART_WORDS,
        "State": State,
        "Step": Step,
    }
