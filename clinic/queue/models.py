"""Queue entries, what happened to them, and the one table of what may happen next."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedJson, EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Department, Room, Service
from clinic.patients.models import Patient
from clinic.visits.models import Visit


class Lane(enum.StrEnum):
    """Who goes before whom: every urgent ticket before every priority one; within a lane, arrival decides."""

    URGENT = "urgent"
    PRIORITY = "priority"
    NORMAL = "normal"


LANE_ORDER = {Lane.URGENT: 0, Lane.PRIORITY: 1, Lane.NORMAL: 2}


class State(enum.StrEnum):
    """Where a queue entry is."""

    WAITING = "waiting"
    CALLED = "called"
    IN_SERVICE = "in_service"
    ON_HOLD = "on_hold"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


BUSY_STATES = (State.CALLED, State.IN_SERVICE, State.ON_HOLD)
OPEN_STATES = (State.WAITING, *BUSY_STATES)
CLOSED_STATES = (State.DONE, State.NO_SHOW, State.CANCELLED)


class Step(enum.StrEnum):
    """What staff do to an entry."""

    JOIN = "join"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    FINISH = "finish"
    NO_SHOW = "no_show"
    RESTORE = "restore"
    LEAVE = "leave"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    IDENTIFY = "identify"
    CONFIRM = "confirm"
    UNDO = "undo"


# The only truth about moves: step -> state before -> state after. A pair that is missing is refused by the
# service and has no button. WITHDRAW takes back a ticket given by mistake; CLOSE ends what a past day left open;
# IDENTIFY says who a walk-in is, and CONFIRM that the holder is who they said at a kiosk: both move nothing.
# UNDO goes wherever the last step came from.
TRANSITIONS: dict[Step, dict[State, State]] = {
    Step.CALL: {State.WAITING: State.CALLED, State.ON_HOLD: State.CALLED},
    Step.RECALL: {State.CALLED: State.CALLED},
    Step.START: {State.CALLED: State.IN_SERVICE},
    Step.HOLD: {
        State.WAITING: State.ON_HOLD,
        State.CALLED: State.ON_HOLD,
        State.IN_SERVICE: State.ON_HOLD,
    },
    Step.RESUME: {State.ON_HOLD: State.WAITING},
    Step.TRANSFER: dict.fromkeys(OPEN_STATES, State.WAITING),
    Step.FINISH: {State.CALLED: State.DONE, State.IN_SERVICE: State.DONE},
    Step.NO_SHOW: {State.CALLED: State.NO_SHOW},
    Step.RESTORE: {State.NO_SHOW: State.WAITING, State.CANCELLED: State.WAITING},
    Step.CANCEL: {
        State.WAITING: State.CANCELLED,
        State.CALLED: State.CANCELLED,
        State.ON_HOLD: State.CANCELLED,
    },
    Step.LEAVE: {
        State.WAITING: State.NO_SHOW,
        State.CALLED: State.NO_SHOW,
        State.ON_HOLD: State.NO_SHOW,
    },
    Step.WITHDRAW: {
        State.WAITING: State.CANCELLED,
        State.CALLED: State.CANCELLED,
        State.ON_HOLD: State.CANCELLED,
    },
    Step.CLOSE: {
        State.WAITING: State.NO_SHOW,
        State.CALLED: State.NO_SHOW,
        State.ON_HOLD: State.NO_SHOW,
        State.IN_SERVICE: State.DONE,
    },
    Step.IDENTIFY: {state: state for state in OPEN_STATES},
    Step.CONFIRM: {state: state for state in OPEN_STATES},
}


# Who may take a step, and so take it back.
STEP_PERMISSIONS: dict[Step, str] = {
    **dict.fromkeys(Step, "queue.call"),
    **dict.fromkeys((Step.JOIN, Step.WITHDRAW, Step.IDENTIFY, Step.CONFIRM), "queue.join"),
}


def ticket_name(prefix: str, number: int) -> str:
    """What is printed and called, such as A-012."""
    return f"{prefix}-{number:03d}"


class QueueEntry(Idempotent, Keyed, Base):
    """One ticket: a patient in a visit, or an anonymous walk-in, waiting for a service. `joined_at` never changes.

    `started_at` belongs to the service it waits for now; `served_at`, when service first began, outlives a transfer.
    `is_claimed` while the patient is only who somebody at a kiosk said they are: until the desk confirms it, nothing in
    public may tell that the clinic knows them.
    """

    __tablename__ = "queue_entries"
    __table_args__ = (
        UniqueConstraint("day", "prefix", "number"),
        Index("ix_queue_entries_board", "department_id", "state", "day"),
        Index("ix_queue_entries_patient", "patient_id", "day"),
        Index("ix_queue_entries_visit", "visit_id"),
    )

    day: Mapped[dt.date]
    prefix: Mapped[str] = mapped_column(String(3))
    number: Mapped[int]
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="RESTRICT"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    lane: Mapped[Lane] = mapped_column(text_enum(Lane), default=Lane.NORMAL)
    state: Mapped[State] = mapped_column(text_enum(State), default=State.WAITING)
    joined_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    called_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    served_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    call_count: Mapped[int] = mapped_column(default=0)
    is_claimed: Mapped[bool] = mapped_column(default=False, server_default=false())
    cancel_reason: Mapped[str | None] = mapped_column(EncryptedText("queue_entries.cancel_reason"))

    service: Mapped[Service] = relationship()
    department: Mapped[Department] = relationship()
    patient: Mapped[Patient | None] = relationship()
    visit: Mapped[Visit | None] = relationship()
    room: Mapped[Room | None] = relationship()

    @property
    def ticket(self) -> str:
        return ticket_name(self.prefix, self.number)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_withdrawn(self) -> bool:
        """Given by mistake: cancelled, and nobody had to say why."""
        return self.state is State.CANCELLED and not self.cancel_reason

    def may(self, step: Step) -> bool:
        """Whether the table of transitions allows `step` now; only what was claimed is there to be confirmed."""
        return (step is not Step.CONFIRM or self.is_claimed) and self.state in TRANSITIONS.get(step, {})


class QueueEvent(Idempotent, Keyed, Base):
    """One step of an entry, in order of id. `before` holds the columns it changed, so that it can be undone."""

    __tablename__ = "queue_events"
    __table_args__ = (Index("ix_queue_events_entry", "entry_id", "id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id", ondelete="RESTRICT"))
    step: Mapped[Step] = mapped_column(text_enum(Step))
    from_state: Mapped[State | None] = mapped_column(text_enum(State, "from_state"))
    to_state: Mapped[State] = mapped_column(text_enum(State, "to_state"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("queue_events.before"))

    entry: Mapped[QueueEntry] = relationship()
    service: Mapped[Service] = relationship()
    room: Mapped[Room | None] = relationship()
    actor: Mapped[User | None] = relationship()

    @property
    def permissions(self) -> tuple[str, ...]:
        """What whoever takes this step back must be allowed: the step, and the check-out that goes with it."""
        visit = self.entry.visit
        is_checked_out = visit is not None and visit.checked_out_at is not None
        return (STEP_PERMISSIONS[self.step], *(("visits.check_out",) if is_checked_out else ()))


class TicketCounter(Base):
    """The last number given for a prefix on a clinic day."""

    __tablename__ = "ticket_counters"
    __table_args__ = (PrimaryKeyConstraint("day", "prefix"),)

    day: Mapped[dt.date]
    prefix: Mapped[str] = mapped_column(String(3))
    last_number: Mapped[int]


class RoomChoice(Base):
    """The room a member of staff works in, remembered per department."""

    __tablename__ = "room_choices"
    __table_args__ = (PrimaryKeyConstraint("user_id", "department_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="CASCADE"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
