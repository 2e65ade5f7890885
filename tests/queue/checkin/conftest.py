"""One patient at the desk, and what is done to them."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.db import transaction
from clinic.directory.models import Room, Service
from clinic.patients.models import Patient
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.models import QueueEntry, Step
from clinic.queue.queries import find_last_event
from clinic.visits.models import Visit
from tests.factories import NOW, TESTER, ZONE, Factory


class Desk:
    """One patient, two services, and what is done to them, a minute apart."""

    def __init__(self, session: Session, make: Factory) -> None:
        self.session, self.make, self.now = session, make, NOW
        department = make.department()
        self.service: Service = make.service(department)
        self.other: Service = make.service(department, "Blood test", "B")
        self.room: Room = make.room(department)
        self.patient: Patient = make.patient()

    def book(self, **values: Any) -> Appointment:
        """An appointment half an hour from the start of the story."""
        given: dict[str, Any] = {"starts_at": NOW + dt.timedelta(minutes=30), "room": self.room, **values}
        return self.make.appointment(self.service, self.patient, **given)

    def check_in(self, **values: Any) -> QueueEntry:
        if "appointment_id" not in values:
            values.setdefault("service_id", self.service.id)
        entry: QueueEntry = self.do(checkin.check_in, **{"patient_id": self.patient.id, "zone": ZONE, **values})
        return entry

    def step(self, entry: QueueEntry, *steps: Step) -> QueueEntry:
        for step in steps:
            reason = "Fire alarm" if step is Step.CANCEL else None
            room_id = self.room.id if step is Step.CALL else None
            self.do(queue.move_entry, entry_id=entry.id, step=step, room_id=room_id, reason=reason)
        return entry

    def undo(self, entry: QueueEntry) -> None:
        event = find_last_event(self.session, entry.id)
        assert event is not None
        self.do(queue.undo_step, event_id=event.id)

    def do(self, how: Any, **values: Any) -> Any:
        """Call a service a minute later, in a transaction of its own."""
        self.now += dt.timedelta(minutes=1)
        with transaction(self.session):
            return how(self.session, actor=TESTER, now=self.now, **values)

    @property
    def visit(self) -> Visit:
        """The only visit there is, as the database has it."""
        self.session.expire_all()
        return self.session.scalars(select(Visit)).one()


@pytest.fixture
def desk(session: Session, make: Factory) -> Desk:
    return Desk(session, make)
