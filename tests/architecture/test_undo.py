"""Whoever takes a step back needs the permission of the step, proven over the URL map."""

import pytest
from flask import Flask

from clinic.appointments.models import STEP_PERMISSIONS as OF_APPOINTMENTS
from clinic.appointments.models import Step as AppointmentStep
from clinic.queue.models import STEP_PERMISSIONS as OF_TICKETS
from clinic.queue.models import Step

# Every way back of one kind of step, and the view that takes it. A new one is added here, or says in
# also_requires() whose permission it asks for.
TAKEN_BY = {
    "closing.undo": "closing.close_all",
    "notes.reopen": "notes.acknowledge",
    "notes.restore": "notes.void",
    "patients.restore_pair": "patients.dismiss_pair",
    "patients.restore_photo": "patients.remove_photo",
    "patients.undo_merge": "patients.merge",
    "visits.undo_check_in": "queue.create",
    "visits.undo_check_out": "visits.check_out",
    "waitlist.restore": "waitlist.withdraw",
}
WAYS_BACK = ("undo", "restore", "reopen", "bring_back", "put_back", "take_back")
# Which view takes which step of a ticket or an appointment.
TICKET_VIEWS = {
    Step.JOIN: "queue.create",
    Step.IDENTIFY: "queue.identify",
    Step.TRANSFER: "queue.transfer",
    Step.CANCEL: "queue.cancel",
    Step.CALL: "queue.call_next",
}
APPOINTMENT_VIEWS = {
    AppointmentStep.BOOK: "booking.create",
    AppointmentStep.MOVE: "appointments.move",
    AppointmentStep.CANCEL: "appointments.cancel",
    AppointmentStep.NOTE: "appointments.note",
    AppointmentStep.CONFIRM: "appointments.take",
}


@pytest.mark.guards("a step is undone only by whoever may take it")
def test_every_way_back_asks_for_the_permission_of_its_step(app: Flask) -> None:
    views = app.view_functions
    back = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.split(".")[-1].startswith(WAYS_BACK)
    }
    assert len(back) > 8
    for endpoint in back:
        view = views[endpoint]
        if not hasattr(view, "also_requires"):
            assert view.access == views[TAKEN_BY[endpoint]].access, endpoint  # type: ignore[attr-defined]


@pytest.mark.guards("a step is undone only by whoever may take it")
def test_the_tables_of_steps_say_what_their_views_ask_for(app: Flask) -> None:
    for step, endpoint in TICKET_VIEWS.items():
        assert app.view_functions[endpoint].access == OF_TICKETS[step]  # type: ignore[attr-defined]
    for kind, endpoint in APPOINTMENT_VIEWS.items():
        assert app.view_functions[endpoint].access == OF_APPOINTMENTS[kind]  # type: ignore[attr-defined]
