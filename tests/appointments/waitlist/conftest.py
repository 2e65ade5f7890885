"""A clinic whose practitioner works on Monday mornings to come, and people who wait for a time there."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.placement import Placement
from clinic.appointments.waitlist import service
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.db import transaction
from clinic.patients.models import Patient
from tests.appointments.conftest import Clinic
from tests.appointments.soon import monday, soon
from tests.factories import TESTER, ZONE


class Waiting:
    """Puts people on the waitlist and holds times for them, as of now unless said otherwise."""

    def __init__(self, session: Session, clinic: Clinic) -> None:
        self.session, self.clinic = session, clinic

    def join(self, patient: Patient | None = None, **values: Any) -> WaitlistEntry:
        given: dict[str, Any] = {
            "patient_id": (patient or self.clinic.patient).id,
            "service_id": self.clinic.service.id,
            "practitioner_id": None,
            "from_day": monday(),
            "until_day": monday(),
            "part_of_day": None,
            "note": None,
            "key": None,
            "actor": TESTER,
            "now": clock.now(),
            "zone": ZONE,
        }
        with transaction(self.session) as write:
            return service.join_waitlist(write, **{**given, **values})

    def hold(self, entry: WaitlistEntry, **values: Any) -> WaitlistEntry:
        given: dict[str, Any] = {"placement": self.place(), "actor": TESTER, "now": clock.now(), "zone": ZONE}
        with transaction(self.session) as write:
            return service.hold_time(write, entry_id=entry.id, **{**given, **values})

    def place(self, hour: int = 9, minute: int = 0) -> Placement:
        """Fifteen minutes of that Monday with the practitioner in the room."""
        start = soon(hour, minute)
        return Placement(
            starts_at=start,
            ends_at=start + dt.timedelta(minutes=15),
            practitioner_id=self.clinic.practitioner.id,
            room_id=self.clinic.room.id,
        )


@pytest.fixture
def waiting(session: Session, clinic: Clinic) -> Waiting:
    clinic.make.working_hours(clinic.practitioner, 0, room=clinic.room, starts="09:00", ends="10:00")
    return Waiting(session, clinic)
