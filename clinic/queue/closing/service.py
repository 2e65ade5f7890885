"""Closing a day: every open thing gets the end that fits it, a batch at a time; undo.py takes it back."""

import datetime as dt
from contextlib import suppress
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments import queries as appointments
from clinic.appointments.service import mark_no_show
from clinic.audit.service import Actor, record
from clinic.errors import Conflict, Invalid
from clinic.queue.closing.models import ClosedStep, DayClosing
from clinic.queue.closing.queries import find_closing, get_closing_time, get_day_end, list_missed, list_open_tickets
from clinic.queue.models import QueueEntry, Step
from clinic.queue.queries import find_last_event
from clinic.queue.service import move_entry
from clinic.visits import service as visits
from clinic.visits.queries import list_ready_until
from clinic.visits.service import Closing

BATCH = 200


def close_today(
    session: Session, *, day: dt.date, is_confirmed: bool, actor: Actor, now: dt.datetime, zone: ZoneInfo
) -> DayClosing | None:
    """As close_day(), by a person. Invalid("confirm") before closing time while people are here or still expected,
    unless they said that they mean it."""
    is_early = not is_confirmed and now < get_closing_time(session, day, zone)
    if is_early and get_day_end(session, day, now=now).is_busy:
        raise Invalid(_("People are here or still expected: tick this to close all the same."), "confirm")
    return close_day(session, day=day, actor=actor, now=now)


def close_day(
    session: Session, *, day: dt.date, actor: Actor, now: dt.datetime, limit: int = BATCH
) -> DayClosing | None:
    """Close what this day and those before it left open, at most `limit` of each kind; None when nothing was open.

    Tickets in service are done, the others are no-shows; visits that were served are checked out with nothing said
    of payment or next appointment; appointments that have begun are no-shows. What somebody else closes meanwhile is
    left to them. Closing twice closes nothing more. Batches of one actor at one instant are one closing.
    """
    ends = [
        *_close_tickets(session, day, limit, actor, now),
        *_check_out(session, day, limit, actor, now),
        *_mark_missed(session, day, limit, actor, now),
    ]
    if not ends:
        return None
    closing = find_closing(session, day=day, closed_at=now, closed_by=actor.actor_name)
    if closing is None:
        closing = DayClosing(day=day, closed_at=now, closed_by_id=actor.actor_id, closed_by=actor.actor_name)
        session.add(closing)
    session.flush()
    for end in ends:
        end.closing_id = closing.id
    session.add_all(ends)
    session.flush()
    session.expire(closing, ["ends"])
    after = {"day": day, "ended": len(ends)}
    record(session, "visits.close_day", "day_closing", closing.id, actor=actor, now=now, after=after)
    live.publish(session, f"visits:{day.isoformat()}")
    return closing


def _close_tickets(session: Session, day: dt.date, limit: int, actor: Actor, now: dt.datetime) -> list[ClosedStep]:
    ends = []
    for entry in list_open_tickets(session, day, limit):
        with suppress(Conflict):
            before = _last_of_appointment(session, entry)
            move_entry(session, entry_id=entry.id, step=Step.CLOSE, actor=actor, now=now)
            step, followed = find_last_event(session, entry.id), _last_of_appointment(session, entry)
            ends.append(
                ClosedStep(
                    queue_event_id=step.id if step else None,
                    visit_id=entry.visit_id,
                    appointment_event_id=followed if followed != before else None,
                )
            )
    return ends


def _last_of_appointment(session: Session, entry: QueueEntry) -> int | None:
    appointment_id = entry.visit.appointment_id if entry.visit else None
    step = appointments.find_last_event(session, appointment_id) if appointment_id else None
    return step.id if step else None


def _check_out(session: Session, day: dt.date, limit: int, actor: Actor, now: dt.datetime) -> list[ClosedStep]:
    ends = []
    for visit in list_ready_until(session, day, limit):
        with suppress(Conflict):
            visits.check_out(session, visit_id=visit.id, closing=Closing(is_closed_by_day=True), actor=actor, now=now)
            ends.append(ClosedStep(visit_id=visit.id))
    return ends


def _mark_missed(session: Session, day: dt.date, limit: int, actor: Actor, now: dt.datetime) -> list[ClosedStep]:
    ends = []
    for missed in list_missed(session, day, now, limit):
        with suppress(Conflict):
            which = {"appointment_id": missed.id, "expected_version": missed.version}
            step = mark_no_show(session, **which, actor=actor, now=now)
            ends.append(ClosedStep(appointment_event_id=step.id))
    return ends
