"""A busy day for the bench: appointments, visits under way, and the addresses that screens and phones ask for."""

import datetime as dt
import random
from dataclasses import dataclass

from flask_migrate import upgrade
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bench.servers import clinic_settings
from clinic import clock, create_app
from clinic.appointments.models import Appointment, State
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.config import Settings
from clinic.db import current_session, db, transaction
from clinic.directory.models import Department, Service
from clinic.errors import DomainError
from clinic.patients.models import Patient
from clinic.queue.checkin.service import check_in
from clinic.queue.devices.service import create_device
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.models import QueueEntry, QueueEvent
from clinic.queue.phone.models import TicketLink
from clinic.visits.models import Visit

APPOINTMENTS, VISITS = 500, 300
QUARTER, LONGEST_RUN = dt.timedelta(minutes=15), dt.timedelta(hours=1)


@dataclass(frozen=True)
class Day:
    """What the clients of the bench need to know. `departments` are (id, room id) pairs with people waiting."""

    display_token: str
    ticket_tokens: list[str]
    patient_ids: list[int]
    service_ids: list[int]
    departments: list[tuple[int, int]]


def fill_day(rows: int) -> Day:
    """See that today has its appointments and visits, by the services that the desk's own forms use."""
    settings = clinic_settings(rows)
    app = create_app(settings)
    with app.app_context():
        upgrade()
        _remove_walk_ins(settings)
        _add_appointments(settings)
        _add_visits(settings)
        found = _describe()
        db.session.remove()
        db.engine.dispose()
    return found


def _remove_walk_ins(settings: Settings) -> None:
    """Ten thousand tickets of nobody, as the section before leaves them, are no clinic's day."""
    today = clock.clinic_day(clock.now(), settings.zone)
    nobodys = select(QueueEntry.id).where(QueueEntry.day == today, QueueEntry.visit_id.is_(None))
    with transaction() as session:
        for model, column in ((QueueEvent, QueueEvent.entry_id), (TicketLink, TicketLink.entry_id)):
            session.execute(delete(model).where(column.in_(nobodys)))
        session.execute(delete(QueueEntry).where(QueueEntry.day == today, QueueEntry.visit_id.is_(None)))


def _missing(session: Session, model: type[Appointment] | type[Visit], day: dt.date, wanted: int) -> int:
    return max(0, wanted - (session.scalar(select(func.count()).where(model.day == day)) or 0))


def _some_patients(session: Session, count: int) -> list[int]:
    """Active patients spread over all there are."""
    highest = session.scalar(select(func.max(Patient.id))) or 0
    chosen = random.Random(count).sample(range(1, highest + 1), min(highest, count * 2))
    found = select(Patient.id).where(Patient.id.in_(chosen), Patient.is_active, Patient.is_deceased.is_(False))
    return list(session.scalars(found.limit(count)))


def _add_appointments(settings: Settings) -> None:
    """Booked by nobody in particular: they hold no practitioner's or room's time, so that any number fits a day."""
    now = clock.now()
    day = clock.clinic_day(now, settings.zone)
    with transaction() as session:
        services = list(session.scalars(select(Service.id).where(Service.is_active)))
        opening = dt.datetime.combine(day, dt.time(8), settings.zone).astimezone(dt.UTC)
        patients = _some_patients(session, _missing(session, Appointment, day, APPOINTMENTS))
        for number, patient_id in enumerate(patients):
            starts_at = opening + QUARTER * (number % 40)
            session.add(
                Appointment(
                    patient_id=patient_id,
                    service_id=services[number % len(services)],
                    starts_at=starts_at,
                    ends_at=starts_at + QUARTER,
                    day=day,
                    state=State.BOOKED,
                    booked_at=now,
                )
            )


def _add_visits(settings: Settings) -> None:
    now = clock.now()
    day = clock.clinic_day(now, settings.zone)
    session = current_session()
    actor = _actor(session)
    missing = _missing(session, Visit, day, VISITS)
    booked = select(Appointment.id, Appointment.patient_id).where(
        Appointment.day == day, Appointment.state == State.BOOKED
    )
    for appointment_id, patient_id in session.execute(booked.limit(missing)).all():
        try:
            with transaction() as write:
                check_in(
                    write,
                    patient_id=patient_id,
                    appointment_id=appointment_id,
                    actor=actor,
                    now=now,
                    zone=settings.zone,
                )
        except DomainError:
            continue


def _actor(session: Session) -> User:
    """A detached copy of a receptionist, as a request has one."""
    row = next(user for user in session.scalars(select(User)) if Role.RECEPTIONIST in user.roles)
    return User(**{column.key: getattr(row, column.key) for column in User.__mapper__.column_attrs})


def _describe() -> Day:
    now, session = clock.now(), current_session()
    actor = _actor(session)
    departments = list(session.scalars(select(Department).where(Department.is_active)))
    pairs = [(d.id, d.rooms[0].id) for d in departments if d.rooms]
    # None that expires while phones ask for it.
    lasting = select(TicketLink.token).where(TicketLink.expires_at > now + LONGEST_RUN)
    tokens = list(session.scalars(lasting.limit(500)))
    services = list(session.scalars(select(Service.id).where(Service.is_active)))
    patients = _some_patients(session, 2000)
    with transaction() as write:
        _display, token = create_device(
            write,
            Display,
            values={"name": f"Bench {now:%H:%M:%S}", "privacy": Privacy.NONE, "chime": False},
            department_ids=[department_id for department_id, _room in pairs],
            key=None,
            actor=actor,
            now=now,
        )
    if token is None:
        raise RuntimeError("the display has no address")
    return Day(token, tokens, patients, services, pairs)
