"""Writes: making a series, and moving or cancelling its appointments from one on, or all that are to come."""

import datetime as dt
import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic.appointments.conflicts import lock_resources
from clinic.appointments.history import take_step
from clinic.appointments.models import Appointment, AppointmentEvent, AppointmentSeries, CancelledBy, Step
from clinic.appointments.placement import (
    NO_REASONS,
    Placement,
    Reasons,
    check_placement,
    check_service_and_patient,
    columns,
)
from clinic.appointments.queries import get_appointment
from clinic.appointments.series.plans import Planned, SeriesBlocked, plan_dates
from clinic.appointments.series.queries import get_series, lock_expected
from clinic.appointments.series.rules import Rule, check_rule, rule_of
from clinic.appointments.service import cancellation, write_booking
from clinic.audit.service import Actor, record
from clinic.clock import wall_time
from clinic.errors import Conflict, NotFound
from clinic.idempotency import Key, find_made, made_with


class Scope(enum.StrEnum):
    """Which appointments of a series: this and those after it, or all that are still to come."""

    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class SeriesDetails:
    """What a series is made of."""

    patient_id: int
    service_id: int
    practitioner_id: int | None
    room_id: int | None
    rule: Rule
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class SeriesChange:
    """What a series becomes: its days move by as many, its time, length, practitioner and room are these."""

    shift_days: int
    local_time: dt.time
    minutes: int
    practitioner_id: int | None
    room_id: int | None


def plan_series(session: Session, *, details: SeriesDetails, now: dt.datetime, zone: ZoneInfo) -> list[Planned]:
    """Every date with what it would meet. Invalid for a rule or a place that makes no sense."""
    check_rule(details.rule)
    check_service_and_patient(session, details.service_id, details.patient_id)
    places = [
        details.rule.placement(day, details.practitioner_id, details.room_id, zone) for day in details.rule.days()
    ]
    check_placement(session, places[0], now=now, zone=zone)
    return plan_dates(session, details.patient_id, [(place, None) for place in places], now=now, zone=zone)


def create_series(
    session: Session,
    *,
    details: SeriesDetails,
    leave_out: Collection[dt.date] = (),
    reasons: Reasons = NO_REASONS,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> AppointmentSeries:
    """Book every date but those in `leave_out`; the same key again returns the first series.

    SeriesBlocked with the plan when another date is not free and no reason sets that aside; then nothing is booked.
    """
    earlier = find_made(session, AppointmentSeries, key)
    if earlier is not None:
        return earlier
    check_rule(details.rule)
    first = details.rule.placement(details.rule.starts_on, details.practitioner_id, details.room_id, zone)
    lock_resources(session, first, details.patient_id)
    plan = plan_series(session, details=details, now=now, zone=zone)
    kept = [one for one in plan if one.day not in leave_out]
    if not kept or any(one.is_blocked(reasons) for one in kept):
        raise SeriesBlocked(plan, reasons)
    series = _add_series(session, details, now, key)
    for one in kept:
        write_booking(
            session,
            patient_id=details.patient_id,
            service_id=details.service_id,
            placement=one.placement,
            note=details.note,
            reasons=_needed(one, reasons),
            series_id=series.id,
            actor=actor,
            now=now,
            zone=zone,
        )
    note_change(session, "series", series, actor, now, {"dates": [one.day for one in kept]})
    return series


def move_series(
    session: Session,
    *,
    appointment_id: int,
    expected_version: int,
    scope: Scope,
    change: SeriesChange,
    leave_out: Collection[dt.date] = (),
    reasons: Reasons = NO_REASONS,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> list[AppointmentEvent]:
    """Move this and the following, or all to come. Appointments that were changed by themselves stay.

    `leave_out` are target days whose appointment stays where it is. SeriesBlocked as create_series(); Conflict when
    the appointment is not at `expected_version` or not expected. All in scope become a series of their own, so that
    the first stays what it was should the move be undone.
    """
    anchor, series, members = _lock_members(session, appointment_id, expected_version, scope, now)
    moving = [one for one in members if not is_by_itself(one, rule_of(series), zone)]
    if not moving:
        raise Conflict(_("Nothing of this series is left to change."))
    rule = Rule(starts_on=anchor.day, local_time=change.local_time, minutes=change.minutes, count=1)
    shift = dt.timedelta(days=change.shift_days)
    targets: list[tuple[Placement, Appointment | None]] = [
        (rule.placement(one.day + shift, change.practitioner_id, change.room_id, zone), one) for one in moving
    ]
    check_placement(session, targets[0][0], now=now, zone=zone)
    lock_resources(session, targets[0][0], anchor.patient_id)
    apart_from = [one.id for one in moving if one.day + shift not in leave_out]
    plan = plan_dates(session, anchor.patient_id, targets, now=now, zone=zone, apart_from=apart_from)
    kept = [one for one in plan if one.day not in leave_out]
    if not kept or any(one.is_blocked(reasons) for one in kept):
        raise SeriesBlocked(plan, reasons)
    own = _series_of_own(session, series, change, [one.day + shift for one in moving], now)
    # Away from where the others still stand: a later series moves its last appointment first.
    ordered = sorted(kept, key=lambda planned: planned.day, reverse=change.shift_days > 0)
    events = [_move_one(session, one, own, reasons, actor=actor, now=now, zone=zone) for one in ordered]
    for member in members:
        member.series_id = own.id
    note_change(session, "series_moved", series, actor, now, {"dates": [one.day for one in kept], "scope": scope})
    return events


def _move_one(
    session: Session,
    planned: Planned,
    series: AppointmentSeries,
    reasons: Reasons,
    *,
    actor: Actor,
    now: dt.datetime,
    zone: ZoneInfo,
) -> AppointmentEvent:
    given = columns(planned.placement, _needed(planned, reasons), zone) | {"series_id": series.id}
    return take_step(session, cast(Appointment, planned.appointment), Step.MOVE, given, actor=actor, now=now)


def cancel_series(
    session: Session,
    *,
    appointment_id: int,
    expected_version: int,
    scope: Scope,
    cancelled_by: CancelledBy,
    reason: str | None,
    actor: Actor,
    now: dt.datetime,
) -> list[AppointmentEvent]:
    """Cancel this and the following, or all to come; those that were changed by themselves too."""
    _anchor, series, members = _lock_members(session, appointment_id, expected_version, scope, now)
    events = []
    for one in members:
        given = cancellation(one, cancelled_by, reason, now)
        events.append(take_step(session, one, Step.CANCEL, given, actor=actor, now=now))
    note_change(
        session, "series_cancelled", series, actor, now, {"dates": [one.day for one in members], "scope": scope}
    )
    return events


def is_by_itself(appointment: Appointment, rule: Rule, zone: ZoneInfo) -> bool:
    """Whether an appointment was moved away from its series."""
    is_its_time = appointment.starts_at == wall_time(appointment.day, rule.local_time, zone)
    return not is_its_time or appointment.day not in rule.days()


def _lock_members(
    session: Session, appointment_id: int, expected_version: int, scope: Scope, now: dt.datetime
) -> tuple[Appointment, AppointmentSeries, Sequence[Appointment]]:
    """The appointment, its series and those in scope: appointments are locked before practitioner, room, patient."""
    asked = get_appointment(session, appointment_id)
    if asked.series_id is None:
        raise NotFound(_("This appointment is not one of a series."))
    series = get_series(session, asked.series_id, lock=True)
    members = lock_expected(session, series.id, asked.starts_at if scope is Scope.FOLLOWING else now)
    session.refresh(asked)
    if asked.version != expected_version or not asked.is_expected:
        raise Conflict(_("Somebody changed this appointment meanwhile. This is how it stands now."))
    return asked, series, members


def _series_of_own(
    session: Session, series: AppointmentSeries, change: SeriesChange, days: Sequence[dt.date], now: dt.datetime
) -> AppointmentSeries:
    """A series by the new rule for the appointments that move to `days`."""
    rule = Rule(
        starts_on=days[0],
        local_time=change.local_time,
        minutes=change.minutes,
        every_weeks=series.every_weeks,
        count=(days[-1] - days[0]) // dt.timedelta(weeks=series.every_weeks) + 1,
    )
    details = SeriesDetails(
        patient_id=series.patient_id,
        service_id=series.service_id,
        practitioner_id=change.practitioner_id,
        room_id=change.room_id,
        rule=rule,
    )
    return _add_series(session, details, now)


def _add_series(
    session: Session, details: SeriesDetails, now: dt.datetime, key: Key | None = None
) -> AppointmentSeries:
    rule = details.rule
    series = AppointmentSeries(
        patient_id=details.patient_id,
        service_id=details.service_id,
        practitioner_id=details.practitioner_id,
        room_id=details.room_id,
        starts_on=rule.starts_on,
        local_time=rule.local_time,
        duration_minutes=rule.minutes,
        every_weeks=rule.every_weeks,
        until=rule.until,
        count=rule.count,
        created_at=now,
        **made_with(key),
    )
    session.add(series)
    session.flush()
    return series


def _needed(one: Planned, reasons: Reasons) -> Reasons:
    """Only the reasons that this date needs."""
    return replace(
        reasons,
        double_booking=reasons.double_booking if one.clashes else None,
        same_day=reasons.same_day if one.same_day else None,
    )


def note_change(
    session: Session, verb: str, series: AppointmentSeries, actor: Actor, now: dt.datetime, after: dict[str, object]
) -> None:
    """Write to the audit log what happened to several appointments of a series at once."""
    record(
        session,
        f"appointments.{verb}",
        "appointment_series",
        series.id,
        actor=actor,
        now=now,
        patient_id=series.patient_id,
        after=after,
    )
