"""Schedules in words."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from clinic.appointments.conflicts import obstacle_text
from clinic.appointments.models import Appointment
from clinic.appointments.schedules.models import TimeOffKind, WorkingHours
from clinic.appointments.schedules.queries import Stranded

KINDS = {
    TimeOffKind.LEAVE: _l("Leave"),
    TimeOffKind.CLOSED: _l("Room closed"),
    TimeOffKind.EXTRA: _l("Extra hours"),
}


def weekday_name(weekday: int, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """Monday is 0."""
    return str(get_day_names(width, locale=get_locale())[weekday])


def valid_on(hours: Sequence[WorkingHours], day: dt.date) -> list[WorkingHours]:
    """The week that is valid on a day, or else the next one to come."""
    now = [row for row in hours if row.valid_from <= day and (row.valid_until is None or row.valid_until >= day)]
    later = sorted({row.valid_from for row in hours if row.valid_from > day})
    return now or [row for row in hours if later and row.valid_from == later[0]]


def week_lines(hours: Sequence[WorkingHours]) -> list[tuple[str, str]]:
    """Days with the same hours in one line each: ("Mon–Fri", "08:30–12:30, 14:00–18:00")."""
    by_day = [(weekday, _times(hours, weekday)) for weekday in range(7)]
    lines = []
    for times, group in groupby(by_day, key=lambda one: one[1]):
        days = [weekday_name(weekday, "abbreviated") for weekday, _times_of_day in group]
        if times:
            lines.append((days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}", times))
    return lines


def explained(stranded: Sequence[Stranded]) -> list[tuple[Appointment, str]]:
    """Each appointment with why the schedule does not allow it."""
    return [
        (one.appointment, " ".join(obstacle_text(obstacle, who=_who(one.appointment)) for obstacle in one.obstacles))
        for one in stranded
    ]


def patient_ids(stranded: Sequence[Stranded]) -> set[int]:
    """Whose appointments they are."""
    return {one.appointment.patient_id for one in stranded}


def _times(hours: Sequence[WorkingHours], weekday: int) -> str:
    of_day = sorted((row.starts, row.ends) for row in hours if row.weekday == weekday)
    return ", ".join(f"{starts:%H:%M}–{ends:%H:%M}" for starts, ends in of_day)


def _who(appointment: Appointment) -> str:
    if appointment.practitioner:
        return appointment.practitioner.display_name
    return appointment.room.name if appointment.room else ""
