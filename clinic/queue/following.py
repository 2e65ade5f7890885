"""How a visit follows its tickets."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.queue.models import QueueEntry, State
from clinic.queue.queries import list_of_visit
from clinic.visits import service as visits
from clinic.visits.models import State as VisitState
from clinic.visits.queries import get_visit
from clinic.visits.service import Course


def course_of(entries: Sequence[QueueEntry]) -> Course:
    """What all the tickets of a visit together say of it; the only rule there is."""
    served = [e.served_at for e in entries if e.served_at]
    ended = [e.finished_at for e in entries if e.finished_at]
    started_at = min(served, default=None)
    if any(e.is_open for e in entries):
        return Course(VisitState.IN_PROGRESS if served else VisitState.WAITING, started_at)
    return Course(_ending(entries, is_seen=bool(served)), started_at, max(ended, default=None))


def _ending(entries: Sequence[QueueEntry], *, is_seen: bool) -> VisitState:
    if is_seen:
        return VisitState.READY
    if any(e.state is State.NO_SHOW for e in entries):
        return VisitState.LEFT
    if all(e.is_withdrawn for e in entries):
        return VisitState.UNDONE
    return VisitState.CANCELLED


def follow_tickets(session: Session, visit_id: int | None, *, actor: Actor, now: dt.datetime) -> None:
    """After a step of a ticket: its visit, and through it the appointment, say the same. A visit that has lost its
    only ticket was a mistake."""
    if visit_id is None:
        return
    # Locked before its tickets are read: of two steps at once the later one sees what the earlier did.
    get_visit(session, visit_id, lock=True)
    course = course_of(list_of_visit(session, visit_id))
    visits.set_course(session, visit_id=visit_id, course=course, actor=actor, now=now)
