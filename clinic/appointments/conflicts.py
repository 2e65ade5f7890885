"""What stands in the way of an appointment, found in the database."""

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from clinic.appointments.models import HOLDING_STATES, LONGEST, Appointment
from clinic.appointments.placement import Placement, Reasons
from clinic.appointments.queries import shown
from clinic.appointments.schedules.hours import Obstacle, find_obstacles
from clinic.appointments.schedules.queries import load_schedule
from clinic.appointments.waitlist.holds import find_holds
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.clock import clinic_day
from clinic.directory.models import Practitioner, Room
from clinic.errors import Conflict, Invalid
from clinic.patients.models import Patient
from clinic.patients.queries import get_living


class ClashKind(enum.StrEnum):
    """Who or what is not free: taken by another appointment, held for another patient, or as the schedule says."""

    PRACTITIONER = "practitioner"
    ROOM = "room"
    PATIENT = "patient"
    HELD = "held"
    HOLIDAY = "holiday"
    LEAVE = "leave"
    CLOSED = "closed"
    HOURS = "hours"


@dataclass(frozen=True)
class Clash:
    """One reason why a time is not free; `text` says it in a sentence."""

    kind: ClashKind
    text: str
    appointment: Appointment | None = None


class SlotTaken(Conflict):
    """The time is not free: `clashes` says why. May be overridden by a deliberate double booking, with a reason."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        self.clashes = list(clashes)
        super().__init__(" ".join(clash.text for clash in clashes) or _("Somebody has just taken this time."))


class SameDay(Invalid):
    """The patient has other appointments that day: `others`. May be overridden with a reason."""

    def __init__(self, others: Sequence[Appointment], zone: ZoneInfo) -> None:
        self.others = list(others)
        text = _("%(warning)s Say why there is one more.", warning=same_day_text(others, zone))
        super().__init__(text, "same_day_reason")


def same_day_text(others: Sequence[Appointment], zone: ZoneInfo) -> str:
    """The warning with what and when."""
    what = ", ".join(f"{other.service.name} {span(other, zone)}" for other in others)
    return str(_("This patient already has an appointment that day: %(what)s.", what=what))


def span(placed: Placement | Appointment, zone: ZoneInfo) -> str:
    """From when to when by the clinic's clock, such as 10:00–10:15."""
    return f"{placed.starts_at.astimezone(zone):%H:%M}–{placed.ends_at.astimezone(zone):%H:%M}"


def lock_resources(session: Session, placement: Placement, patient_id: int) -> None:
    """Whoever books the same practitioner, room or patient at this moment takes turns."""
    lock_all_resources(session, [placement], patient_id)


def lock_all_resources(session: Session, placements: Iterable[Placement], patient_id: int) -> None:
    """As lock_resources() for several places at once: always practitioners, rooms, patient, each by their ids."""
    places = list(placements)
    wanted: list[tuple[type[Practitioner | Room | Patient], set[int | None]]] = [
        (Practitioner, {place.practitioner_id for place in places}),
        (Room, {place.room_id for place in places}),
        (Patient, {patient_id}),
    ]
    for model, ids in wanted:
        if known := ids - {None}:
            query = select(model.id).where(model.id.in_(known)).order_by(model.id)
            session.execute(query.with_for_update(key_share=True))


def check_free(
    session: Session,
    placement: Placement,
    patient_id: int,
    reasons: Reasons,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    apart_from: Sequence[int] = (),
    same_day: bool = True,
) -> None:
    """SlotTaken or, if `same_day` matters, SameDay, unless `reasons` sets the rule aside. Lock the resources first.

    Invalid for somebody recorded as dead.
    """
    get_living(session, patient_id)
    if not reasons.double_booking:
        clashes = find_clashes(session, placement, patient_id, now=now, zone=zone, apart_from=apart_from)
        if clashes:
            raise SlotTaken(clashes)
    if same_day and not reasons.same_day:
        others = find_same_day(session, patient_id, clinic_day(placement.starts_at, zone), apart_from=apart_from)
        if others:
            raise SameDay(others, zone)


def find_clashes(
    session: Session,
    placement: Placement,
    patient_id: int,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    apart_from: Sequence[int] = (),
) -> list[Clash]:
    """Everything that stands in the way, appointments first, each in a sentence."""
    overlapping = find_overlapping(session, placement, patient_id, apart_from=apart_from)
    clashes = [Clash(kind, overlap_text(kind, other, zone), other) for kind, other in overlapping]
    holds = find_holds(session, placement, patient_id, now=now)
    clashes += [Clash(ClashKind.HELD, hold_text(entry, zone)) for entry in holds]
    day = clinic_day(placement.starts_at, zone)
    schedule = load_schedule(session, day, clinic_day(placement.ends_at, zone))
    who = name_of(session, placement)
    return clashes + [
        Clash(ClashKind(obstacle), obstacle_text(obstacle, who=who, holiday=schedule.holidays.get(day, "")))
        for obstacle in find_obstacles(schedule, placement, zone)
    ]


def obstacle_text(obstacle: Obstacle, *, who: str, holiday: str = "") -> str:
    """Why the schedule or the directory does not allow a time, as a sentence; `who` is the practitioner or the room."""
    texts = {
        Obstacle.HOLIDAY: _("The clinic is closed: %(holiday)s.", holiday=holiday)
        if holiday
        else _("The clinic is closed that day."),
        Obstacle.LEAVE: _("%(who)s is on leave then.", who=who),
        Obstacle.CLOSED: _("The room is closed then."),
        Obstacle.HOURS: _("This is outside the hours of %(who)s.", who=who),
        Obstacle.PRACTITIONER_GONE: _("%(who)s no longer works here.", who=who),
        Obstacle.ROOM_UNUSED: _("The room is no longer in use."),
        Obstacle.SERVICE_UNUSED: _("The service is no longer offered."),
    }
    return str(texts[obstacle])


def hold_text(entry: WaitlistEntry, zone: ZoneInfo) -> str:
    """Until when a time is held for somebody else, as a sentence."""
    until = entry.held_until.astimezone(zone).strftime("%H:%M") if entry.held_until else ""
    return str(_("This time is held for another patient until %(until)s.", until=until))


def name_of(session: Session, placement: Placement) -> str:
    """Whose hours count: the practitioner's, or else the room's."""
    practitioner = session.get(Practitioner, placement.practitioner_id) if placement.practitioner_id else None
    room = session.get(Room, placement.room_id) if placement.room_id else None
    return practitioner.display_name if practitioner else room.name if room else ""


def find_overlapping(
    session: Session, placement: Placement, patient_id: int, *, apart_from: Sequence[int] = ()
) -> list[tuple[ClashKind, Appointment]]:
    """Appointments that hold the practitioner, the room or the patient meanwhile; none is named twice."""
    wanted = {
        ClashKind.PRACTITIONER: (Appointment.practitioner_id, placement.practitioner_id),
        ClashKind.ROOM: (Appointment.room_id, placement.room_id),
        ClashKind.PATIENT: (Appointment.patient_id, patient_id),
    }
    held = {kind: column == row_id for kind, (column, row_id) in wanted.items() if row_id is not None}
    rank = case(*((condition, number) for number, condition in enumerate(held.values())))
    query = select(Appointment.id, rank).where(
        or_(*held.values()),
        Appointment.starts_at < placement.ends_at,
        Appointment.starts_at > placement.starts_at - LONGEST,
        Appointment.ends_at > placement.starts_at,
        Appointment.state.in_(HOLDING_STATES),
        Appointment.id.not_in(apart_from),
    )
    ranks = dict(session.execute(query).tuples().all())
    if not ranks:
        return []
    others = session.scalars(shown(select(Appointment)).where(Appointment.id.in_(ranks)))
    kinds = list(held)
    found = [(kinds[ranks[other.id]], other) for other in others]
    return sorted(found, key=lambda one: (kinds.index(one[0]), one[1].starts_at, one[1].id))


def find_same_day(
    session: Session, patient_id: int, day: dt.date, *, apart_from: Sequence[int] = ()
) -> list[Appointment]:
    """The patient's other appointments of a day that are not cancelled or missed, earliest first."""
    query = shown(select(Appointment)).where(
        Appointment.patient_id == patient_id,
        Appointment.day == day,
        Appointment.state.in_(HOLDING_STATES),
        Appointment.id.not_in(apart_from),
    )
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def overlap_text(kind: ClashKind, other: Appointment, zone: ZoneInfo) -> str:
    """Who or what another appointment holds, and when, as a sentence."""
    when = span(other, zone)
    text = _("The patient has an appointment %(when)s: %(what)s.", when=when, what=other.service.name)
    if kind is ClashKind.PRACTITIONER and other.practitioner:
        text = _("%(who)s has an appointment %(when)s.", who=other.practitioner.display_name, when=when)
    elif kind is ClashKind.ROOM and other.room:
        text = _("%(room)s is taken %(when)s.", room=other.room.name, when=when)
    return str(text)
