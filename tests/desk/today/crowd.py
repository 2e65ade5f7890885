"""A day as full as a clinic's gets."""

import datetime as dt

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.db import transaction
from clinic.patients.models import Patient
from clinic.queue.models import QueueEntry
from clinic.visits.models import State, Visit
from tests.factories import ZONE, Factory

NEXT_STATES = (State.WAITING, State.IN_PROGRESS, State.READY, State.FINISHED, State.FINISHED, State.LEFT)


def fill_day(make: Factory, session: Session, *, appointments: int, visits: int) -> list[Patient]:
    """This many appointments and visits of today, shared by twenty patients of one service."""
    now = clock.now()
    day = clock.clinic_day(now, ZONE)
    service = make.service(make.department("Crowded"), "Crowd", "Z")
    practitioner = make.practitioner()
    patients = [make.patient(f"Patient{number}", f"Family{number}") for number in range(20)]
    shared = {"service_id": service.id, "practitioner_id": practitioner.id, "day": day}
    booked = [
        {
            "patient_id": patients[number % 20].id,
            "starts_at": now + dt.timedelta(minutes=number - appointments // 2),
            "ends_at": now + dt.timedelta(minutes=number - appointments // 2 + 15),
            "state": AppointmentState.NO_SHOW if number % 9 == 0 else AppointmentState.BOOKED,
            "booked_at": now,
            "is_late_cancel": False,
            "double_booking_reason": "a full day",
            **shared,
        }
        for number in range(appointments)
    ]
    came = [
        {
            "patient_id": patients[number % 20].id,
            "state": NEXT_STATES[number % len(NEXT_STATES)],
            "arrived_at": now - dt.timedelta(minutes=number),
            "is_closed_by_day": False,
            **shared,
        }
        for number in range(visits)
    ]
    with transaction(session):
        if booked:
            session.execute(insert(Appointment), booked)
        found = session.execute(insert(Visit).returning(Visit.id, Visit.patient_id, Visit.state), came).all()
        tickets = [
            {
                "day": day,
                "prefix": "Z",
                "number": number,
                "service_id": service.id,
                "department_id": service.department_id,
                "patient_id": row.patient_id,
                "visit_id": row.id,
                "state": "waiting" if row.state is State.WAITING else "done",
                "joined_at": now,
            }
            for number, row in enumerate(found, start=1)
        ]
        session.execute(insert(QueueEntry), tickets)
    return patients
