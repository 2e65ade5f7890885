"""Taking back what was done to several appointments of a series at once."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.appointments.conflicts import lock_all_resources
from clinic.appointments.history import put_back, write_values
from clinic.appointments.models import Appointment, AppointmentEvent, AppointmentSeries, Step
from clinic.appointments.placement import Placement, placed_before
from clinic.appointments.series.plans import plan_dates
from clinic.appointments.series.queries import (
    StepOfSeries,
    find_newest_steps,
    find_step,
    get_series,
    list_together,
    lock_members,
)
from clinic.appointments.series.service import note_change
from clinic.audit.service import Actor
from clinic.errors import Conflict, NotFound

_Values = Mapping[int, dict[str, Any]]


def undo_change(
    session: Session, *, event_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> list[AppointmentEvent]:
    """Take back the move or the cancellation that one step was part of: of all its appointments, or of none.

    Conflict unless each step is still the last of its appointment, and the old times are free or were taken with a
    reason. After a move the appointments are of the series they were of before.
    """
    step = find_step(session, event_id)
    if step is None or step.event.step not in (Step.MOVE, Step.CANCEL):
        raise NotFound(_("There is no such step."))
    series = _lock_series(session, step)
    everyone = {one.id: one for one in lock_members(session, series.id)}
    together = list_together(session, series.patient_id, step.event)
    changed = {event.appointment_id: event.id for event in together}
    if not changed.keys() <= everyone.keys() or find_newest_steps(session, changed) != changed:
        raise Conflict(_("Somebody went on with one of these appointments: the change can no longer be undone."))
    members = {number: everyone[number] for number in changed}
    values = {event.appointment_id: put_back(event) for event in together}
    _check_still_free(session, series, members, values, now, zone)
    before = step.event.before.get("series_id", series.id)
    # Those that did not move with the others became of the new series as well.
    for number in everyone.keys() - members.keys():
        everyone[number].series_id = before
    events = [
        write_values(session, members[number], Step.UNDO, values[number], actor=actor, now=now)
        for number in _order(members, values)
    ]
    note_change(session, "series_undone", series, actor, now, {"dates": [one.day for one in members.values()]})
    return events


def _lock_series(session: Session, step: StepOfSeries) -> AppointmentSeries:
    """The series of a step and the one it was of before, in the order of their ids: then come their appointments."""
    before = step.event.before.get("series_id", step.series_id)
    locked = {number: get_series(session, number, lock=True) for number in sorted({step.series_id, before})}
    return locked[step.series_id]


def _check_still_free(
    session: Session,
    series: AppointmentSeries,
    members: Mapping[int, Appointment],
    values: _Values,
    now: dt.datetime,
    zone: ZoneInfo,
) -> None:
    """Conflict when something stands by now where an appointment would stand again."""
    places = {number: placed_before(members[number], values[number]) for number in members}
    lock_all_resources(session, places.values(), series.patient_id)
    targets: list[tuple[Placement, Appointment | None]] = [(places[number], members[number]) for number in members]
    for one in plan_dates(session, series.patient_id, targets, now=now, zone=zone, apart_from=list(members)):
        if one.appointment is not None and one.clashes:
            given = values[one.appointment.id].get("double_booking_reason", one.appointment.double_booking_reason)
            if not given:
                raise Conflict(_("It can no longer be undone. %(problem)s", problem=one.clashes[0]))


def _order(members: Mapping[int, Appointment], values: _Values) -> Sequence[int]:
    """Away from where the others still stand: to an earlier time the first goes first, to a later one the last."""
    numbers = sorted(members, key=lambda number: members[number].starts_at)
    first = numbers[0]
    goes_later = values[first].get("starts_at", members[first].starts_at) > members[first].starts_at
    return numbers[::-1] if goes_later else numbers
