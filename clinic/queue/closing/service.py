"""Closing a day: every open thing gets the end that fits it, a batch at a time."""

import datetime as dt
from contextlib import suppress

from sqlalchemy.orm import Session

from clinic.appointments.service import mark_no_show
from clinic.audit.service import Actor
from clinic.errors import Conflict
from clinic.queue.closing.queries import list_missed, list_open_tickets
from clinic.queue.models import Step
from clinic.queue.service import move_entry
from clinic.visits import service as visits
from clinic.visits.queries import list_ready_until
from clinic.visits.service import Closing

BATCH = 200


def close_day(session: Session, *, day: dt.date, actor: Actor, now: dt.datetime, limit: int = BATCH) -> int:
    """Close what this day and those before it left open, at most `limit` of each kind; returns how many.

    Tickets in service are done, the others are no-shows; visits that were served are checked out with nothing said
    of payment or next appointment; appointments that have begun are no-shows. What somebody else closes meanwhile is
    left to them. Closing twice closes nothing more.
    """
    closed = 0
    for entry in list_open_tickets(session, day, limit):
        with suppress(Conflict):
            move_entry(session, entry_id=entry.id, step=Step.CLOSE, actor=actor, now=now)
            closed += 1
    for visit in list_ready_until(session, day, limit):
        with suppress(Conflict):
            visits.check_out(session, visit_id=visit.id, closing=Closing(is_closed_by_day=True), actor=actor, now=now)
            closed += 1
    for missed in list_missed(session, day, now, limit):
        with suppress(Conflict):
            mark_no_show(session, appointment_id=missed.id, expected_version=missed.version, actor=actor, now=now)
            closed += 1
    return closed
