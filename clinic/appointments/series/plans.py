"""What each date of a series would meet, before it is made or moved: six queries, however many dates."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clinic.appointments.conflicts import ClashKind, hold_text, name_of, obstacle_text, overlap_text, same_day_text
from clinic.appointments.models import HOLDING_STATES, Appointment
from clinic.appointments.placement import Placement, Reasons
from clinic.appointments.queries import shown
from clinic.appointments.schedules.hours import Schedule, find_obstacles
from clinic.appointments.schedules.queries import load_schedule
from clinic.appointments.waitlist.holds import held_placement, is_shared, list_holds
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.clock import clinic_day
from clinic.errors import Invalid


@dataclass(frozen=True)
class Planned:
    """One date: where it would stand, and in sentences what stands in its way.

    `clashes` needs a double booking, `same_day` only a reason. `appointment` is the one that would be moved there.
    """

    day: dt.date
    placement: Placement
    clashes: Sequence[str]
    same_day: Sequence[str]
    appointment: Appointment | None = None

    def is_blocked(self, reasons: Reasons) -> bool:
        """Whether something stands in the way that no reason sets aside."""
        return bool((self.clashes and not reasons.double_booking) or (self.same_day and not reasons.same_day))

    @property
    def problems(self) -> list[str]:
        return [*self.clashes, *self.same_day]


class SeriesBlocked(Invalid):
    """Some dates meet a holiday, leave or another appointment: `plan` says which. Leave these out, or give reasons."""

    def __init__(self, plan: Sequence[Planned], reasons: Reasons) -> None:
        self.plan = list(plan)
        blocked = sum(one.is_blocked(reasons) for one in plan)
        super().__init__(
            ngettext(
                "%(num)s of %(all)s dates is not free. Look at the list.",
                "%(num)s of %(all)s dates are not free. Look at the list.",
                blocked,
                all=len(self.plan),
            )
        )


def plan_dates(
    session: Session,
    patient_id: int,
    placements: Sequence[tuple[Placement, Appointment | None]],
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    apart_from: Collection[int] = (),
) -> list[Planned]:
    """Each placement with what it meets, in the order given; `apart_from` are appointments that move away."""
    places = [placement for placement, _appointment in placements]
    first, last = min(place.starts_at for place in places), max(place.ends_at for place in places)
    meets = _Meetings(
        patient_id=patient_id,
        zone=zone,
        who=name_of(session, places[0]),
        schedule=load_schedule(session, clinic_day(first, zone), clinic_day(last, zone)),
        others=_load_others(session, patient_id, places, zone, apart_from),
        holds=list_holds(session, from_at=first, to_at=last, now=now, patient_id=patient_id),
    )
    return [
        Planned(clinic_day(place.starts_at, zone), place, meets.clashes(place), meets.same_day(place), appointment)
        for place, appointment in placements
    ]


@dataclass(frozen=True)
class _Meetings:
    """All that the dates of a plan could meet."""

    patient_id: int
    zone: ZoneInfo
    who: str
    schedule: Schedule
    others: Sequence[Appointment]
    holds: Sequence[WaitlistEntry]

    def clashes(self, place: Placement) -> list[str]:
        """What a double booking would set aside."""
        overlapping = [o for o in self.others if o.starts_at < place.ends_at and place.starts_at < o.ends_at]
        kinds = [(_shared(place, self.patient_id, other), other) for other in overlapping]
        taken = [overlap_text(kind, other, self.zone) for kind, other in kinds if kind is not None]
        held = [hold_text(entry, self.zone) for entry in self.holds if self._is_held(entry, place)]
        holiday = self.schedule.holidays.get(clinic_day(place.starts_at, self.zone), "")
        obstacles = find_obstacles(self.schedule, place, self.zone)
        return [*taken, *held, *(obstacle_text(one, who=self.who, holiday=holiday) for one in obstacles)]

    def same_day(self, place: Placement) -> list[str]:
        """What a reason for one more that day would set aside."""
        day = clinic_day(place.starts_at, self.zone)
        mine = [other for other in self.others if other.patient_id == self.patient_id and other.day == day]
        apart = [other for other in mine if other.starts_at >= place.ends_at or other.ends_at <= place.starts_at]
        return [same_day_text(apart, self.zone)] if apart else []

    def _is_held(self, entry: WaitlistEntry, place: Placement) -> bool:
        held = held_placement(entry)
        meets = held is not None and held.starts_at < place.ends_at and place.starts_at < held.ends_at
        return meets and is_shared(entry, place)


def _load_others(
    session: Session,
    patient_id: int,
    placements: Sequence[Placement],
    zone: ZoneInfo,
    apart_from: Collection[int],
) -> list[Appointment]:
    """Whatever the same practitioners, rooms and patient have on those days and the evenings before."""
    days = {clinic_day(placement.starts_at, zone) for placement in placements}
    eves = {day - dt.timedelta(days=1) for day in days}
    query = shown(select(Appointment)).where(
        Appointment.day.in_(eves | days),
        Appointment.state.in_(HOLDING_STATES),
        Appointment.id.not_in(apart_from),
        or_(
            Appointment.patient_id == patient_id,
            Appointment.practitioner_id.in_({p.practitioner_id for p in placements if p.practitioner_id}),
            Appointment.room_id.in_({p.room_id for p in placements if p.room_id}),
        ),
    )
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def _shared(placement: Placement, patient_id: int, other: Appointment) -> ClashKind | None:
    """Who or what both would hold."""
    if placement.practitioner_id is not None and placement.practitioner_id == other.practitioner_id:
        return ClashKind.PRACTITIONER
    if placement.room_id is not None and placement.room_id == other.room_id:
        return ClashKind.ROOM
    return ClashKind.PATIENT if patient_id == other.patient_id else None
