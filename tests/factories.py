"""Rows for tests: named defaults, real services."""

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments import service as appointments
from clinic.appointments.models import Appointment
from clinic.appointments.placement import placement_of
from clinic.appointments.schedules.models import Holiday, TimeOff, TimeOffKind, WorkingHours
from clinic.audit.service import SystemActor
from clinic.auth import service as auth
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.db import transaction
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.directory.practitioners import service as practitioners
from clinic.directory.practitioners.service import PractitionerDetails
from clinic.patients import service as patients
from clinic.patients.details import PatientDetails
from clinic.patients.models import Patient
from clinic.queue import service as queue
from clinic.queue.checkin import service as checkin
from clinic.queue.devices import service as devices
from clinic.queue.devices.models import Device
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.models import QueueEntry

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
ZONE = ZoneInfo("Europe/Paris")
PASSWORD = "correct horse battery"
TESTER = SystemActor("test")


class Factory:
    """One per test; every method commits, so that views see the rows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = itertools.count(1)

    def user(self, *roles: Role, username: str | None = None, name: str = "Ana Reception") -> User:
        with transaction(self.session) as session:
            return auth.create_user(
                session,
                username=username or f"user{next(self._numbers)}",
                display_name=name,
                password=PASSWORD,
                roles=list(roles or (Role.RECEPTIONIST,)),
                actor=TESTER,
                now=NOW,
            )

    def department(self, name: str = "General practice", **values: Any) -> Department:
        return self._save(Department(name=name, **values))

    def room(self, department: Department, name: str = "Room 1", **values: Any) -> Room:
        return self._save(Room(department_id=department.id, name=name, **values))

    def service(self, department: Department, name: str = "Consultation", prefix: str = "A", **values: Any) -> Service:
        return self._save(Service(department_id=department.id, name=name, ticket_prefix=prefix, **values))

    def patient(self, given_name: str = "Amina", family_name: str | None = "Benali", **values: Any) -> Patient:
        with transaction(self.session) as session:
            details = PatientDetails(given_name=given_name, family_name=family_name, **values)
            return patients.register_patient(session, details=details, actor=TESTER, now=NOW)

    def practitioner(self, family_name: str = "Martin", **values: Any) -> Practitioner:
        details = PractitionerDetails(**{"prefix": "Dr", "given_name": "Lea", "family_name": family_name, **values})
        with transaction(self.session) as session:
            return practitioners.create_practitioner(session, details=details, actor=TESTER, now=NOW)

    def appointment(
        self,
        service: Service,
        patient: Patient,
        starts_at: dt.datetime,
        *,
        practitioner: Practitioner | None = None,
        room: Room | None = None,
        minutes: int | None = None,
        **values: Any,
    ) -> Appointment:
        """An appointment at an instant, with the practitioner, in the room, or both."""
        given: dict[str, Any] = {"actor": TESTER, "now": min(NOW, starts_at), "zone": ZONE, **values}
        with transaction(self.session) as session:
            placement = placement_of(
                session,
                service_id=service.id,
                starts_at=starts_at,
                practitioner_id=practitioner.id if practitioner else None,
                room_id=room.id if room else None,
                minutes=minutes,
            )
            return appointments.book_appointment(
                session, patient_id=patient.id, service_id=service.id, placement=placement, **given
            )

    def working_hours(
        self,
        practitioner: Practitioner | None = None,
        *weekdays: int,
        starts: str = "09:00",
        ends: str = "12:00",
        room: Room | None = None,
        **values: Any,
    ) -> None:
        """Weekly hours on each of `weekdays` (0 is Monday; every day when none is named)."""
        for weekday in weekdays or range(7):
            self._save(
                WorkingHours(
                    practitioner_id=practitioner.id if practitioner else None,
                    room_id=room.id if room else None,
                    weekday=weekday,
                    starts=dt.time.fromisoformat(starts),
                    ends=dt.time.fromisoformat(ends),
                    **{"slot_minutes": 15, "buffer_minutes": 0, "valid_from": dt.date(2026, 1, 1), **values},
                )
            )

    def time_off(self, kind: TimeOffKind, starts_on: dt.date, ends_on: dt.date | None = None, **values: Any) -> TimeOff:
        return self._save(TimeOff(kind=kind, starts_on=starts_on, ends_on=ends_on or starts_on, **values))

    def holiday(self, day: dt.date, name: str = "Founders' Day") -> Holiday:
        return self._save(Holiday(day=day, name=name))

    def ticket(self, service: Service, patient: Patient | None = None, **values: Any) -> QueueEntry:
        """A queue entry of today, by the real clock: boards show today."""
        given: dict[str, Any] = {"actor": TESTER, "now": clock.now(), "zone": ZONE, **values}
        with transaction(self.session) as session:
            if patient is None:
                return queue.join_queue(session, service_id=service.id, **given)
            return checkin.check_in(session, service_id=service.id, patient_id=patient.id, **given)

    def display(self, *departments: Department, **values: Any) -> str:
        """A waiting-room screen's token."""
        given = {"name": "Hall", "privacy": Privacy.NONE, "chime": True, "languages": ["en"], **values}
        return self._device(Display, departments, given)

    def kiosk(self, *departments: Department, **values: Any) -> str:
        """A kiosk's token."""
        return self._device(Kiosk, departments, {"name": "Entrance", "languages": ["en"], "prints": False, **values})

    def _device(self, kind: type[Device], departments: Sequence[Department], values: dict[str, Any]) -> str:
        ids = [d.id for d in departments]
        given: dict[str, Any] = {"values": values, "department_ids": ids, "key": None}
        with transaction(self.session) as session:
            _, token = devices.create_device(session, kind, **given, actor=TESTER, now=NOW)
        assert token
        return token

    def _save(self, row: Any) -> Any:
        with transaction(self.session) as session:
            session.add(row)
        return row
