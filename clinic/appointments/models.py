"""Appointments, what happened to them, and the one table of what may happen next."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedJson, EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Practitioner, Room, Service
from clinic.patients.models import Patient

LONGEST = dt.timedelta(hours=12)


class State(enum.StrEnum):
    """What an appointment has come to."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"

    @property
    def is_expected(self) -> bool:
        """The patient has not come, and may yet in time."""
        return self in EXPECTED_STATES

    @property
    def is_to_check_in(self) -> bool:
        """The patient may come: expected, or late."""
        return self in (*EXPECTED_STATES, State.NO_SHOW)

    @property
    def has_come(self) -> bool:
        """There is a visit that says how it goes on."""
        return self in (*PRESENT_STATES, State.FULFILLED)

    def may(self, step: "Step") -> bool:
        """Whether the table of transitions allows `step`."""
        return self in TRANSITIONS.get(step, {})


EXPECTED_STATES = (State.BOOKED, State.CONFIRMED)
PRESENT_STATES = (State.ARRIVED, State.IN_PROGRESS)
# These hold their time of practitioner, room and patient; cancelled and missed ones give it back.
HOLDING_STATES = (*EXPECTED_STATES, *PRESENT_STATES, State.FULFILLED)
FREED_STATES = (State.CANCELLED, State.NO_SHOW)


class PartOfDay(enum.StrEnum):
    """Starting before noon by the clinic's clock, or from noon on."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class CancelledBy(enum.StrEnum):
    PATIENT = "patient"
    CLINIC = "clinic"


class Step(enum.StrEnum):
    """What is done to an appointment: by staff up to RESTORE, by its visit from ARRIVE to REOPEN."""

    BOOK = "book"
    NOTE = "note"
    MOVE = "move"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    NO_SHOW = "no_show"
    RESTORE = "restore"
    ARRIVE = "arrive"
    START = "start"
    FULFIL = "fulfil"
    LEAVE = "leave"
    MISS = "miss"
    REOPEN = "reopen"
    UNDO = "undo"


def _to(target: State, *sources: State) -> dict[State, State]:
    return dict.fromkeys(sources, target)


_EVERY_OTHER = {target: tuple(state for state in State if state is not target) for target in State}

# The only truth about moves: step -> state before -> state after. A pair that is missing is refused by the service
# and has no button. What a visit says (ARRIVE to REOPEN) follows the facts at the board, forwards and backwards;
# UNDO goes wherever the last step came from.
TRANSITIONS: dict[Step, dict[State, State]] = {
    Step.NOTE: {state: state for state in State},
    Step.MOVE: {State.BOOKED: State.BOOKED, State.CONFIRMED: State.CONFIRMED},
    Step.CONFIRM: _to(State.CONFIRMED, State.BOOKED),
    Step.CANCEL: _to(State.CANCELLED, *EXPECTED_STATES),
    Step.NO_SHOW: _to(State.NO_SHOW, *EXPECTED_STATES),
    Step.RESTORE: _to(State.BOOKED, *FREED_STATES),
    Step.ARRIVE: _to(State.ARRIVED, *_EVERY_OTHER[State.ARRIVED]),
    Step.START: _to(State.IN_PROGRESS, *_EVERY_OTHER[State.IN_PROGRESS]),
    Step.FULFIL: _to(State.FULFILLED, *_EVERY_OTHER[State.FULFILLED]),
    Step.LEAVE: _to(State.CANCELLED, *_EVERY_OTHER[State.CANCELLED]),
    Step.MISS: _to(State.NO_SHOW, *_EVERY_OTHER[State.NO_SHOW]),
    Step.REOPEN: _to(State.BOOKED, *_EVERY_OTHER[State.BOOKED]),
}
# The step by which a visit takes its appointment to a state.
VISIT_STEPS = {
    State.ARRIVED: Step.ARRIVE,
    State.IN_PROGRESS: Step.START,
    State.FULFILLED: Step.FULFIL,
    State.CANCELLED: Step.LEAVE,
    State.NO_SHOW: Step.MISS,
    State.BOOKED: Step.REOPEN,
}
# Who may take a step, and so take it back.
STEP_PERMISSIONS: dict[Step, str] = {
    **dict.fromkeys(Step, "appointments.book"),
    Step.CANCEL: "appointments.cancel",
}
_HOLDS_ALONE = text(
    "state IN ('booked', 'confirmed', 'arrived', 'in_progress', 'fulfilled') AND double_booking_reason IS NULL"
)


def _one_at_a_time(column: str) -> Index:
    """The net under the service's own check: no two begin at the same time, but for a deliberate double booking."""
    name = f"uq_appointments_{column.removesuffix('_id')}_start"
    return Index(name, column, "starts_at", unique=True, sqlite_where=_HOLDS_ALONE, postgresql_where=_HOLDS_ALONE)


class AppointmentSeries(Idempotent, Keyed, Base):
    """A rule that made appointments: every `every_weeks` weeks at `local_time` by the clinic's wall clock.

    Ends with `until` (included) or after `count` dates. The appointments are rows of their own; a changed one stays.
    The rule is never changed: those that are moved together are of a new series.
    """

    __tablename__ = "appointment_series"
    __table_args__ = (
        CheckConstraint("every_weeks > 0", name="every_weeks"),
        CheckConstraint("(until IS NULL) <> (count IS NULL)", name="end"),
        Index("ix_appointment_series_patient", "patient_id"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    starts_on: Mapped[dt.date]
    local_time: Mapped[dt.time]
    duration_minutes: Mapped[int]
    every_weeks: Mapped[int] = mapped_column(default=1)
    until: Mapped[dt.date | None]
    count: Mapped[int | None]
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    patient: Mapped[Patient] = relationship()
    service: Mapped[Service] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()
    room: Mapped[Room | None] = relationship()


class Appointment(Idempotent, Keyed, Base):
    """A time kept for a patient, with a practitioner, in a room, or both. `day` is the clinic's day of `starts_at`."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_appointments_day", "day", "starts_at"),
        Index("ix_appointments_state", "state", "day"),
        Index("ix_appointments_practitioner", "practitioner_id", "starts_at"),
        Index("ix_appointments_room", "room_id", "starts_at"),
        Index("ix_appointments_patient", "patient_id", "starts_at"),
        Index("ix_appointments_series", "series_id", "starts_at"),
        _one_at_a_time("practitioner_id"),
        _one_at_a_time("room_id"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("appointment_series.id", ondelete="SET NULL"))
    starts_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    day: Mapped[dt.date]
    state: Mapped[State] = mapped_column(text_enum(State), default=State.BOOKED)
    note: Mapped[str | None] = mapped_column(EncryptedText("appointments.note"))
    double_booking_reason: Mapped[str | None] = mapped_column(EncryptedText("appointments.double_booking_reason"))
    same_day_reason: Mapped[str | None] = mapped_column(EncryptedText("appointments.same_day_reason"))
    cancelled_by: Mapped[CancelledBy | None] = mapped_column(text_enum(CancelledBy))
    is_late_cancel: Mapped[bool] = mapped_column(default=False)
    cancel_reason: Mapped[str | None] = mapped_column(EncryptedText("appointments.cancel_reason"))
    booked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    patient: Mapped[Patient] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()
    room: Mapped[Room | None] = relationship()
    service: Mapped[Service] = relationship()
    series: Mapped[AppointmentSeries | None] = relationship()

    @property
    def is_expected(self) -> bool:
        return self.state.is_expected

    @property
    def duration(self) -> dt.timedelta:
        return self.ends_at - self.starts_at


class AppointmentEvent(Keyed, Base):
    """One step of an appointment, in order of id. `before` holds the columns it changed, so that it can be undone."""

    __tablename__ = "appointment_events"
    __table_args__ = (Index("ix_appointment_events_appointment", "appointment_id", "id"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id", ondelete="RESTRICT"))
    step: Mapped[Step] = mapped_column(text_enum(Step))
    from_state: Mapped[State | None] = mapped_column(text_enum(State, "from_state"))
    to_state: Mapped[State] = mapped_column(text_enum(State, "to_state"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("appointment_events.before"))

    appointment: Mapped[Appointment] = relationship()
    actor: Mapped[User | None] = relationship()

    @property
    def permissions(self) -> tuple[str, ...]:
        """What whoever takes this step back must be allowed."""
        return (STEP_PERMISSIONS[self.step],)

    @property
    def was_at(self) -> dt.datetime | None:
        """When it was to start before this step moved it."""
        return dt.datetime.fromisoformat(self.before["starts_at"]) if self.before.get("starts_at") else None
