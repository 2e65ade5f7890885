"""The queue of a clinic in the middle of its day."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.service import Actor
from clinic.directory.models import Department
from clinic.queue.checkin.service import check_in, check_out
from clinic.queue.models import Lane, Step
from clinic.queue.service import join_queue, move_entry
from clinic.visits.models import FollowUp, Settlement
from clinic.visits.service import Closing

# What became of the tickets of each department, in order of arrival.
_COURSES: tuple[tuple[Step, ...], ...] = (
    (Step.CALL, Step.START, Step.FINISH),
    (Step.CALL, Step.START, Step.FINISH),
    (Step.CALL, Step.NO_SHOW),
    (Step.CALL, Step.START, Step.FINISH),
    (Step.CALL, Step.START),
    (Step.CALL,),
    (Step.CANCEL,),
    (Step.HOLD,),
    (),
    (),
    (),
    (),
)
# The first two have been checked out as well.
_CHECKED_OUT = 2
_CLOSING = Closing(follow_up=FollowUp.LATER, settlement=Settlement.PAID)
_LONGEST = dt.timedelta(minutes=150)
_BETWEEN_STEPS = dt.timedelta(minutes=4)


@dataclass(frozen=True)
class Team:
    """Who gives tickets and who calls them."""

    reception: Actor
    care: Actor


def add_day(
    session: Session,
    *,
    departments: Sequence[Department],
    patient_ids: Sequence[int],
    team: Team,
    now: dt.datetime,
    zone: ZoneInfo,
    seed: int = 1,
) -> None:
    """Tickets of every state in every department; each patient has at most one. Nothing happens before midnight."""
    rnd = random.Random(seed)  # nosec B311: not a secret
    opened, _ = clock.day_bounds(clock.clinic_day(now, zone), zone)
    start = max(opened, now - _LONGEST)
    waiting = iter(rnd.sample(list(patient_ids), len(departments) * len(_COURSES)))
    for department in departments:
        for index, course in enumerate(_COURSES):
            joined_at = start + (now - start) * (index / len(_COURSES))
            is_walk_in = rnd.random() < 0.15
            patient_id = next(waiting)
            given: dict[str, Any] = {
                "service_id": rnd.choice(department.services).id,
                "lane": rnd.choices((Lane.NORMAL, Lane.PRIORITY, Lane.URGENT), (80, 15, 5))[0],
                "actor": team.reception,
                "now": joined_at,
                "zone": zone,
            }
            entry = join_queue(session, **given) if is_walk_in else check_in(session, patient_id=patient_id, **given)
            _follow(session, entry.id, course, rnd.choice(department.rooms).id, team.care, joined_at, now)
            if entry.visit_id and index < _CHECKED_OUT:
                at = min(joined_at + _BETWEEN_STEPS * 5, now)
                check_out(session, visit_id=entry.visit_id, closing=_CLOSING, actor=team.reception, now=at)


def _follow(
    session: Session,
    entry_id: int,
    course: tuple[Step, ...],
    room_id: int,
    actor: Actor,
    joined_at: dt.datetime,
    now: dt.datetime,
) -> None:
    for number, step in enumerate(course, start=1):
        at = min(joined_at + number * _BETWEEN_STEPS, now)
        reason = "Had to leave for work" if step is Step.CANCEL else None
        move_entry(session, entry_id=entry_id, step=step, room_id=room_id, reason=reason, actor=actor, now=at)
