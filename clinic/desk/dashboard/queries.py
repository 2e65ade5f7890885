"""Figures of a range of days in two queries, worked out in one pass over what came back."""

import datetime as dt
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from clinic.appointments.models import PRESENT_STATES, Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.directory.models import Practitioner, Service
from clinic.visits.models import State as VisitState
from clinic.visits.models import Visit

CAME = (*PRESENT_STATES, AppointmentState.FULFILLED)


@dataclass(frozen=True)
class Waits:
    """How long those waited who were seen, from arriving to being seen: whole minutes."""

    name: str
    count: int
    median: int
    p90: int


@dataclass(frozen=True)
class DayFigures:
    """What became of the appointments of a day. `rate` is missed among those that came or were missed, in percent."""

    day: str
    booked: int
    came: int
    missed: int
    cancelled: int

    @property
    def date(self) -> dt.date:
        return dt.date.fromisoformat(self.day)

    @property
    def rate(self) -> float | None:
        due = self.came + self.missed
        return round(100 * self.missed / due, 1) if due else None


@dataclass(frozen=True)
class Figures:
    """All that the dashboard shows. `arrivals` are (hour by the clinic's clock, visits), without gaps."""

    arrivals: Sequence[tuple[int, int]]
    by_service: Sequence[Waits]
    by_practitioner: Sequence[Waits]
    days: Sequence[DayFigures]
    all_waits: Waits | None
    visits: int
    left: int

    @property
    def total(self) -> DayFigures:
        sums = {name: sum(getattr(day, name) for day in self.days) for name in _COUNTS}
        return DayFigures(day="", **sums)


_COUNTS = ("booked", "came", "missed", "cancelled")


def get_figures(session: Session, from_day: dt.date, to_day: dt.date, zone: ZoneInfo) -> Figures:
    """The figures of these days, both included."""
    rows = _visits(session, from_day, to_day)
    hours = Counter(row.arrived_at.astimezone(zone).hour for row in rows)
    seen = [(row, (row.started_at - row.arrived_at).total_seconds() / 60) for row in rows if row.started_at]
    span = range(min(hours), max(hours) + 1) if hours else ()
    return Figures(
        arrivals=[(hour, hours[hour]) for hour in span],
        by_service=_grouped((row.service, wait) for row, wait in seen),
        by_practitioner=_grouped((row.practitioner, wait) for row, wait in seen if row.practitioner),
        days=_days(session, from_day, to_day),
        all_waits=_waits("", [wait for _, wait in seen]) if seen else None,
        visits=len(rows),
        left=sum(row.state is VisitState.LEFT for row in rows),
    )


def _visits(session: Session, from_day: dt.date, to_day: dt.date) -> Sequence[Row[Any]]:
    shown = (state for state in VisitState if state is not VisitState.UNDONE)
    query = (
        select(
            Visit.state,
            Visit.arrived_at,
            Visit.started_at,
            Service.name.label("service"),
            Practitioner.display_name.label("practitioner"),
        )
        .join(Service, Service.id == Visit.service_id)
        .outerjoin(Practitioner, Practitioner.id == Visit.practitioner_id)
        # Every state is named for the index, which begins with it.
        .where(Visit.state.in_(shown), Visit.day.between(from_day, to_day))
    )
    return session.execute(query).all()


def _days(session: Session, from_day: dt.date, to_day: dt.date) -> list[DayFigures]:
    query = (
        select(Appointment.day, Appointment.state, func.count())
        .where(Appointment.day.between(from_day, to_day))
        .group_by(Appointment.day, Appointment.state)
    )
    counts: dict[dt.date, Counter[AppointmentState]] = defaultdict(Counter)
    for day, state, count in session.execute(query).tuples():
        counts[day][state] = count
    return [
        DayFigures(
            day=day.isoformat(),
            booked=found.total(),
            came=sum(found[state] for state in CAME),
            missed=found[AppointmentState.NO_SHOW],
            cancelled=found[AppointmentState.CANCELLED],
        )
        for day, found in sorted(counts.items())
    ]


def _grouped(waits: Iterable[tuple[str, float]]) -> list[Waits]:
    """By name, those with most patients first."""
    minutes: dict[str, list[float]] = defaultdict(list)
    for name, wait in waits:
        minutes[name].append(wait)
    return sorted((_waits(name, own) for name, own in minutes.items()), key=lambda w: (-w.count, w.name))


def _waits(name: str, minutes: list[float]) -> Waits:
    """The 90th percentile by nearest rank: nine of ten waited no longer."""
    ninetieth = sorted(minutes)[math.ceil(0.9 * len(minutes)) - 1]
    return Waits(name, len(minutes), round(statistics.median(minutes)), round(ninetieth))


def pack(figures: Figures) -> dict[str, Any]:
    """The figures as JSON."""
    return asdict(figures)


def unpack(packed: dict[str, Any]) -> Figures:
    """The figures that pack() made."""
    return Figures(
        arrivals=[(hour, count) for hour, count in packed["arrivals"]],
        by_service=[Waits(**waits) for waits in packed["by_service"]],
        by_practitioner=[Waits(**waits) for waits in packed["by_practitioner"]],
        days=[DayFigures(**day) for day in packed["days"]],
        all_waits=Waits(**packed["all_waits"]) if packed["all_waits"] else None,
        visits=packed["visits"],
        left=packed["left"],
    )
