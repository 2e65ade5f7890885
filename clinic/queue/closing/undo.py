"""Taking a closing back: what nobody went on with is as it was before; the rest stays and is listed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.appointments.queries import find_last_event as find_last_of_appointment
from clinic.appointments.service import undo_step as undo_appointment_step
from clinic.audit.service import Actor, record
from clinic.errors import Conflict
from clinic.queue.closing.models import ClosedStep, DayClosing
from clinic.queue.closing.queries import get_closing, is_here_again
from clinic.queue.models import QueueEntry
from clinic.queue.queries import find_last_event as find_last_of_ticket
from clinic.queue.queries import list_of_visit
from clinic.queue.service import undo_step as undo_ticket_step
from clinic.visits import service as visits
from clinic.visits.models import State, Visit
from clinic.visits.queries import get_visit


def undo_closing(session: Session, *, closing_id: int, actor: Actor, now: dt.datetime, zone: ZoneInfo) -> DayClosing:
    """Everything that the closing ended goes on as before, visit by visit; `is_left` marks what somebody has gone on
    with since, or whose time was given away. Conflict when it was undone already."""
    closing = get_closing(session, closing_id, lock=True)
    if closing.undone_at is not None:
        raise Conflict(_("%(name)s has taken this closing back already.", name=closing.undone_by))
    ends = closing.ends
    for own in _together(ends):
        try:
            with session.begin_nested():
                _put_back(session, own, actor, now, zone)
        except Conflict:
            for end in own:
                end.is_left = True
    closing.undone_at, closing.undone_by = now, actor.actor_name
    session.flush()
    left = sum(end.is_left for end in ends)
    after = {"day": closing.day, "put_back": len(ends) - left, "left": left}
    record(session, "visits.undo_close_day", "day_closing", closing.id, actor=actor, now=now, after=after)
    live.publish(session, f"visits:{closing.day.isoformat()}")
    return closing


def _together(ends: Iterable[ClosedStep]) -> list[list[ClosedStep]]:
    """What was done to one visit is undone as a whole or left as a whole."""
    of_visits: dict[int, list[ClosedStep]] = defaultdict(list)
    for end in ends:
        if end.visit_id is not None:
            of_visits[end.visit_id].append(end)
    return [*of_visits.values(), *([end] for end in ends if end.visit_id is None)]


def _put_back(session: Session, ends: list[ClosedStep], actor: Actor, now: dt.datetime, zone: ZoneInfo) -> None:
    """Conflict when somebody went on with it."""
    first = ends[0]
    if first.visit_id is not None:
        _reopen_visit(session, first.visit_id, ends, actor, now)
    elif first.queue_event_id is not None:
        undo_ticket_step(session, event_id=first.queue_event_id, actor=actor, now=now)
    elif first.appointment_event_id is not None:
        undo_appointment_step(session, event_id=first.appointment_event_id, actor=actor, now=now, zone=zone)


def _reopen_visit(session: Session, visit_id: int, ends: list[ClosedStep], actor: Actor, now: dt.datetime) -> None:
    """The check-out, then its tickets, the last one first; visit and appointment follow."""
    entries = list_of_visit(session, visit_id, lock=True)
    visit = get_visit(session, visit_id, lock=True)
    steps = sorted(end.queue_event_id for end in ends if end.queue_event_id is not None)
    is_checked_out = any(end.is_check_out for end in ends)
    if not _is_as_closed(session, visit, entries, ends, steps, is_checked_out=is_checked_out):
        raise Conflict(_("Somebody went on with this visit."))
    if is_checked_out:
        visits.undo_check_out(session, visit_id=visit_id, actor=actor, now=now)
    for event_id in reversed(steps):
        undo_ticket_step(session, event_id=event_id, actor=actor, now=now)


def _is_as_closed(
    session: Session,
    visit: Visit,
    entries: Sequence[QueueEntry],
    ends: list[ClosedStep],
    steps: list[int],
    *,
    is_checked_out: bool,
) -> bool:
    """Whether nothing happened since: to its tickets, its check-out, its appointment, nor to the patient that day."""
    newest = [step.id for entry in entries if (step := find_last_of_ticket(session, entry.id))]
    if steps and max(newest, default=0) != steps[-1]:
        return False
    if is_checked_out and not (visit.state is State.FINISHED and visit.is_closed_by_day):
        return False
    if is_here_again(session, visit, closing_id=ends[0].closing_id):
        return False
    followed = {end.appointment_event_id for end in ends if end.appointment_event_id is not None}
    last = find_last_of_appointment(session, visit.appointment_id) if followed and visit.appointment_id else None
    return not followed or (last is not None and last.id in followed)
