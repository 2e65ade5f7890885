"""The lines of a day: each patient once per appointment or visit, with what the Today screen shows of them."""

import datetime as dt
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from clinic.appointments.models import State as AppointmentState
from clinic.queue.models import LANE_ORDER, Lane
from clinic.queue.models import State as EntryState
from clinic.visits.models import State as VisitState


class Group(enum.StrEnum):
    """Where somebody is in the course of the day."""

    EXPECTED = "expected"
    WAITING = "waiting"
    SEEING = "seeing"
    DONE = "done"
    MISSED = "missed"


GROUP_OF_VISIT = {
    VisitState.WAITING: Group.WAITING,
    VisitState.IN_PROGRESS: Group.SEEING,
    VisitState.READY: Group.DONE,
    VisitState.FINISHED: Group.DONE,
    VisitState.LEFT: Group.MISSED,
    VisitState.CANCELLED: Group.MISSED,
}
GROUP_OF_APPOINTMENT = {
    AppointmentState.BOOKED: Group.EXPECTED,
    AppointmentState.CONFIRMED: Group.EXPECTED,
    AppointmentState.ARRIVED: Group.WAITING,
    AppointmentState.IN_PROGRESS: Group.SEEING,
    AppointmentState.FULFILLED: Group.DONE,
    AppointmentState.CANCELLED: Group.MISSED,
    AppointmentState.NO_SHOW: Group.MISSED,
}
GROUP_OF_ENTRY = {
    EntryState.WAITING: Group.WAITING,
    EntryState.ON_HOLD: Group.WAITING,
    EntryState.CALLED: Group.WAITING,
    EntryState.IN_SERVICE: Group.SEEING,
    EntryState.DONE: Group.DONE,
    EntryState.NO_SHOW: Group.MISSED,
    EntryState.CANCELLED: Group.MISSED,
}


@dataclass(slots=True, kw_only=True)
class Line:
    """One line. Without `patient_id` it is an anonymous walk-in's ticket.

    `at` orders it in its group: the appointment's time, the arrival, when service began, when it ended. `text` is what
    the filter looks in. `entry_state` and what follows it are of the ticket that is open.
    """

    id: str
    group: Group
    at: dt.datetime
    text: str
    name: str
    mrn: str
    patient_id: int | None
    service: str
    department_id: int
    practitioner_id: int | None = None
    practitioner: str | None = None
    appointment_id: int | None = None
    appointment_version: int = 0
    appointment_state: AppointmentState | None = None
    starts_at: dt.datetime | None = None
    visit_id: int | None = None
    visit_state: VisitState | None = None
    entry_id: int | None = None
    entry_state: EntryState | None = None
    ticket: str | None = None
    lane: Lane = Lane.NORMAL
    room: str | None = None
    called_at: dt.datetime | None = None
    is_claimed: bool = False
    is_deceased: bool = False

    @property
    def order(self) -> tuple[int, float, str]:
        """Expected by time; waiting as they are called: lane, then arrival; to check out before all that is over."""
        at = self.at.timestamp()
        if self.group is Group.WAITING:
            return LANE_ORDER[self.lane], at, self.id
        if self.group is Group.DONE:
            is_ready = self.visit_state is VisitState.READY
            return (0, at, self.id) if is_ready else (1, -at, self.id)
        return 0, -at if self.group is Group.MISSED else at, self.id


_ENUMS: dict[str, type[enum.StrEnum]] = {
    "group": Group,
    "appointment_state": AppointmentState,
    "visit_state": VisitState,
    "entry_state": EntryState,
    "lane": Lane,
}
# How to read what JSON has no word for. A day has thousands of them: looking one up takes a fifth of calling its class.
_READ: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("at", "starts_at", "called_at"), dt.datetime.fromisoformat),
    **{name: {str(member): member for member in kind}.__getitem__ for name, kind in _ENUMS.items()},
}


def pack(lines: list[Line]) -> list[dict[str, Any]]:
    """The lines as JSON, those that are None left out."""
    return [
        {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in _values(line)}
        for line in lines
    ]


def _values(line: Line) -> Iterator[tuple[str, Any]]:
    for name in Line.__slots__:
        value = getattr(line, name)
        if value is not None:
            yield name, value


def unpack(packed: list[dict[str, Any]]) -> list[Line]:
    """The lines that pack() made."""
    return [_unpack(values) for values in packed]


def _unpack(values: dict[str, Any]) -> Line:
    for name, read in _READ.items():
        if name in values:
            values[name] = read(values[name])
    return Line(**{"patient_id": None, **values})
