"""What rows held after each of their steps, so that an undo can be compared with what was there."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment, AppointmentEvent
from clinic.queue.models import QueueEntry, QueueEvent

_STEPS: dict[Any, tuple[Any, Any]] = {
    QueueEvent: (QueueEntry, QueueEvent.entry_id),
    AppointmentEvent: (Appointment, AppointmentEvent.appointment_id),
}


class Memory:
    """The values of every ticket and appointment, by their last step."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._held: dict[tuple[Any, int], dict[str, Any]] = {}

    def keep(self) -> None:
        """After each action: what it left behind."""
        for kind, (model, owner) in _STEPS.items():
            last = self.session.execute(select(owner, func.max(kind.id)).group_by(owner)).tuples()
            rows = {row.id: row for row in self.session.scalars(select(model))}
            for row_id, event_id in last:
                self._held.setdefault((kind, event_id), _values(rows[row_id]))

    def assert_undone(self, event: Any) -> None:
        """The row is as the step before `event` left it, if that was an action's last."""
        kind = type(event)
        model, owner = _STEPS[kind]
        row_id = getattr(event, owner.key)
        before = self.session.scalar(select(func.max(kind.id)).where(owner == row_id, kind.id < event.id))
        held = self._held.get((kind, before))
        if held is not None:
            assert _values(self.session.get_one(model, row_id, populate_existing=True)) == held


def _values(row: Any) -> dict[str, Any]:
    return {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key != "version"}
