"""Reads of displays, and what a waiting room may see."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.directory.models import Department
from clinic.patients.models import Patient
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.models import QueueEntry, State

CALLS_SHOWN = 6
RECENT_SHOWN = 6


@dataclass(frozen=True)
class Call:
    """One line of the screen. `key` changes with every call of a ticket, so that the screen knows a new one."""

    key: str
    ticket: str
    place: str
    name: str
    called_at: dt.datetime | None

    @property
    def spoken_ticket(self) -> str:
        """The ticket as people say it: "A 12" for A-012."""
        prefix, _hyphen, number = self.ticket.partition("-")
        return f"{' '.join(prefix)} {int(number)}"


@dataclass(frozen=True)
class Screen:
    """Tickets asked to come now (latest first), those called before, and how many wait."""

    calls: Sequence[Call]
    recent: Sequence[Call]
    waiting: int


def get_screen(session: Session, display: Display, day: dt.date) -> Screen:
    """What the display shows now, in three queries."""
    departments = [d.id for d in display.departments]
    calls = _called(departments, day, (State.CALLED,)).limit(CALLS_SHOWN)
    recent = _called(departments, day, (State.IN_SERVICE, State.DONE)).limit(RECENT_SHOWN)
    waiting = select(func.count()).where(
        QueueEntry.department_id.in_(departments), QueueEntry.state == State.WAITING, QueueEntry.day == day
    )
    return Screen(
        calls=[_call(entry, display.privacy) for entry in session.scalars(calls)],
        recent=[_call(entry, display.privacy) for entry in session.scalars(recent)],
        waiting=session.scalar(waiting) or 0,
    )


def _called(departments: Sequence[int], day: dt.date, states: Sequence[State]) -> Select[tuple[QueueEntry]]:
    return (
        select(QueueEntry)
        .where(
            QueueEntry.department_id.in_(departments),
            QueueEntry.state.in_(states),
            QueueEntry.day == day,
            QueueEntry.called_at.is_not(None),
        )
        .options(
            joinedload(QueueEntry.room),
            joinedload(QueueEntry.department, innerjoin=True).load_only(Department.name),
            joinedload(QueueEntry.patient).load_only(Patient.display_name, Patient.given_name, Patient.hide_name),
        )
        .order_by(QueueEntry.called_at.desc(), QueueEntry.id.desc())
    )


def _call(entry: QueueEntry, privacy: Privacy) -> Call:
    return Call(
        key=f"{entry.id}:{entry.call_count}",
        ticket=entry.ticket,
        place=entry.room.name if entry.room else entry.department.name,
        # A name on a ticket of a kiosk would tell whoever made the claim that it matched: the desk confirms it first.
        name=shown_name(None if entry.is_claimed else entry.patient, privacy),
        called_at=entry.called_at,
    )


def shown_name(patient: Patient | None, privacy: Privacy) -> str:
    """As much of a name as the display may show; a first name that is not known falls back to initials."""
    if patient is None or patient.hide_name or privacy is Privacy.NONE:
        return ""
    if privacy is Privacy.FIRST_NAME and patient.given_name:
        return patient.given_name.split()[0]
    words = patient.display_name.split()
    return " ".join(f"{word[0].upper()}." for word in (words[:1] + words[1:][-1:]))
