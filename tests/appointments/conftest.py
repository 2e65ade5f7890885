"""A small clinic with somebody to book, and somebody to book with."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from clinic.appointments.models import Appointment
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.patients.models import Patient
from tests.factories import ZONE, Factory

DAY = dt.date(2026, 11, 23)


def at(hour: int, minute: int = 0, day: dt.date = DAY) -> dt.datetime:
    """An instant by the clinic's clock, on a Monday unless said otherwise."""
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=ZONE).astimezone(dt.UTC)


@dataclass
class Clinic:
    department: Department
    room: Room
    service: Service
    practitioner: Practitioner
    patient: Patient
    make: Factory

    def book(self, starts_at: dt.datetime, **values: Any) -> Appointment:
        """An appointment with everything the clinic has one of."""
        given: dict[str, Any] = {"practitioner": self.practitioner, "room": self.room, **values}
        service, patient = given.pop("service", self.service), given.pop("patient", self.patient)
        return self.make.appointment(service, patient, starts_at, **given)


@pytest.fixture
def clinic(make: Factory) -> Clinic:
    department = make.department()
    return Clinic(
        department=department,
        room=make.room(department),
        service=make.service(department),
        practitioner=make.practitioner(),
        patient=make.patient(),
        make=make,
    )
