"""The sample clinic's appointments, from three days ago to five days ahead, and what became of them."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment, CancelledBy
from clinic.appointments.placement import NO_REASONS, Placement
from clinic.appointments.schedules.hours import OpenHours
from clinic.appointments.schedules.queries import list_open_hours
from clinic.appointments.series.rules import Rule
from clinic.appointments.series.service import SeriesDetails, create_series, plan_series
from clinic.appointments.service import cancel_appointment, confirm_appointment, mark_no_show, write_booking
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner, Room, Service
from clinic.ops.sample.day import Team
from clinic.queue.checkin.service import check_in, check_out
from clinic.queue.models import Step
from clinic.queue.service import move_entry
from clinic.visits.models import FollowUp, Settlement
from clinic.visits.service import Closing

_BEFORE, _AFTER = 3, 5
# How full the days are; the past ones less, because every visit of theirs is played through.
_TAKEN, _WAS_TAKEN = 0.5, 0.35
_RECENT, _EARLY = dt.timedelta(minutes=35), dt.timedelta(minutes=12)
_NOTES = ("Brings the hospital's last letter", "Prefers to be called by mobile", "Needs a certificate", "First visit")
_REASONS = ("Ill", "Had to work", "Found an earlier appointment elsewhere")
_CLOSING = Closing(follow_up=FollowUp.NONE, settlement=Settlement.PAID)


@dataclass(frozen=True)
class _Day:
    """When the sample is made, and by whom it seems to have been."""

    team: Team
    now: dt.datetime
    zone: ZoneInfo

    @property
    def today(self) -> dt.date:
        return clinic_day(self.now, self.zone)


def add_bookings(
    session: Session, *, patient_ids: Sequence[int], team: Team, now: dt.datetime, zone: ZoneInfo, seed: int = 1
) -> set[int]:
    """Some forty to ninety appointments a day, each patient at most once a day; who was due, came, or did not.

    Returns the patients who came today.
    """
    rnd, made = random.Random(seed), _Day(team, now, zone)  # nosec B311: not a secret
    from_day, to_day = made.today - dt.timedelta(days=_BEFORE), made.today + dt.timedelta(days=_AFTER)
    offered = _offered(session)
    came: set[int] = set()
    patients: Iterator[int] = iter(())
    day = dt.date.min
    for hours in list_open_hours(session, from_day=from_day, to_day=to_day, zone=zone):
        if clinic_day(hours.starts_at, zone) != day:
            day = clinic_day(hours.starts_at, zone)
            patients = iter(rnd.sample(list(patient_ids), len(patient_ids)))
        taken = _WAS_TAKEN if day < made.today else _TAKEN
        for (service, starts_at), patient_id in zip(_filled(hours, offered, rnd, taken), patients, strict=False):
            appointment = _book(session, rnd, hours, service, starts_at, patient_id, made)
            if _settle(session, rnd, appointment, made):
                came.add(patient_id)
    _add_series(session, made, patient_ids[0])
    return came


def _add_series(session: Session, made: _Day, patient_id: int) -> None:
    """A patient who comes every week; dates on which somebody is away or taken are left out."""
    service = session.scalars(select(Service).order_by(Service.id)).first()
    practitioner = session.scalars(select(Practitioner).where(Practitioner.family_name == "Haddad")).first()
    if service is None or practitioner is None:
        return
    common: dict[str, Any] = {"now": made.now, "zone": made.zone}
    for day in (made.today + dt.timedelta(days=n) for n in range(1, 8)):
        rule = Rule(starts_on=day, local_time=dt.time(17, 30), minutes=15, count=8)
        details = SeriesDetails(
            patient_id=patient_id, service_id=service.id, practitioner_id=practitioner.id, room_id=None, rule=rule
        )
        away = {one.day for one in plan_series(session, details=details, **common) if one.problems}
        if len(away) < 4:
            create_series(session, details=details, leave_out=away, actor=made.team.reception, **common)
            return


def _offered(session: Session) -> dict[int, list[Service]]:
    """The services of each room's department."""
    services: dict[int, list[Service]] = {}
    for service in session.scalars(select(Service).order_by(Service.position, Service.id)):
        services.setdefault(service.department_id, []).append(service)
    return {room.id: services.get(room.department_id, []) for room in session.scalars(select(Room))}


def _filled(
    hours: OpenHours, offered: dict[int, list[Service]], rnd: random.Random, taken: float
) -> Iterator[tuple[Service, dt.datetime]]:
    """What fills about half of the hours: mostly the room's first service."""
    services = offered[hours.room_id or 0]
    at, pace = hours.starts_at, dt.timedelta(minutes=hours.slot_minutes + hours.buffer_minutes)
    while at < hours.ends_at:
        service = services[0] if rnd.random() < 0.85 else rnd.choice(services)
        if rnd.random() < taken and at + dt.timedelta(minutes=service.duration_minutes) <= hours.ends_at:
            yield service, at
        at += pace


def _book(
    session: Session,
    rnd: random.Random,
    hours: OpenHours,
    service: Service,
    starts_at: dt.datetime,
    patient_id: int,
    made: _Day,
) -> Appointment:
    placement = Placement(
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=service.duration_minutes),
        practitioner_id=hours.practitioner_id,
        room_id=hours.room_id,
    )
    # Free by construction: one patient a day, one appointment a slot.
    return write_booking(
        session,
        patient_id=patient_id,
        service_id=service.id,
        placement=placement,
        reasons=NO_REASONS,
        note=rnd.choice(_NOTES) if rnd.random() < 0.1 else None,
        actor=made.team.reception,
        now=min(made.now, starts_at) - dt.timedelta(days=rnd.randint(1, 20)),
        zone=made.zone,
    )


def _settle(session: Session, rnd: random.Random, appointment: Appointment, made: _Day) -> bool:
    """What became of it: what is past is settled, of what is to come some are confirmed or cancelled.

    Returns whether the patient came today.
    """
    chance, is_past = rnd.random(), appointment.starts_at < made.now - _RECENT
    common: dict[str, Any] = {
        "appointment_id": appointment.id,
        "expected_version": appointment.version,
        "actor": made.team.reception,
    }
    before = min(made.now, appointment.starts_at) - dt.timedelta(hours=rnd.randint(1, 40))
    if chance < 0.07:
        by = rnd.choice((CancelledBy.PATIENT, CancelledBy.PATIENT, CancelledBy.CLINIC))
        reason = rnd.choice(_REASONS) if by is CancelledBy.PATIENT else "Practitioner ill"
        cancel_appointment(session, cancelled_by=by, reason=reason, now=before, **common)
    elif is_past and chance < 0.14:
        mark_no_show(session, now=appointment.starts_at + dt.timedelta(minutes=20), **common)
    elif appointment.starts_at < made.now + _EARLY:
        _come(session, rnd, appointment, made, is_past)
        return appointment.day == made.today
    elif chance < 0.4:
        confirm_appointment(session, now=before, **common)
    return False


def _come(session: Session, rnd: random.Random, appointment: Appointment, made: _Day, is_past: bool) -> None:
    """The patient checks in a little early; is seen and goes, or is somewhere on the way when it is now."""
    arrived_at = min(made.now, appointment.starts_at - dt.timedelta(minutes=rnd.randint(2, 15)))
    given: dict[str, Any] = {"patient_id": appointment.patient_id, "appointment_id": appointment.id, "zone": made.zone}
    entry = check_in(session, actor=made.team.reception, now=arrived_at, **given)
    steps = (Step.CALL, Step.START, Step.FINISH)
    for number, step in enumerate(steps if is_past else steps[: rnd.randint(0, 2)]):
        at = min(made.now, appointment.starts_at + number * appointment.duration / 2)
        move_entry(session, entry_id=entry.id, step=step, room_id=appointment.room_id, actor=made.team.care, now=at)
    if is_past and entry.visit_id is not None:
        at = min(made.now, appointment.ends_at + dt.timedelta(minutes=5))
        check_out(session, visit_id=entry.visit_id, closing=_CLOSING, actor=made.team.reception, now=at)
