"""A visit: what its queue entries and its check-out say of a patient's stay."""

import datetime as dt
import enum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.appointments.models import Appointment
from clinic.auth.models import User
from clinic.crypto import EncryptedText
from clinic.db import Base, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Practitioner, Service
from clinic.patients.models import Patient


class State(enum.StrEnum):
    """Where a visit is. Computed from its queue entries and its check-out; nobody chooses it."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    READY = "ready"  # served, to be checked out
    FINISHED = "finished"
    LEFT = "left"  # without being seen
    CANCELLED = "cancelled"
    UNDONE = "undone"  # checked in by mistake


OPEN_STATES = (State.WAITING, State.IN_PROGRESS, State.READY)
UNSEEN_STATES = (State.LEFT, State.CANCELLED, State.UNDONE)


class FollowUp(enum.StrEnum):
    """What was agreed at check-out about the next appointment."""

    BOOKED = "booked"
    LATER = "later"  # the patient will ask for one
    NONE = "none"


class Settlement(enum.StrEnum):
    """What was noted at check-out about the amount due."""

    PAID = "paid"
    DUE = "due"
    NONE = "none"


class Visit(Keyed, Base):
    """One stay of a patient on a clinic day, for an appointment or as a walk-in.

    `started_at`: when service first began; `ended_at`: when the last of it ended; both None until then.
    `previous_visit_at` is what the patient's chart said before: it is put back when no visit was meant.
    Amounts are in minor units.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_state", "state", "day", "id"),
        Index("ix_visits_patient", "patient_id", "day", "id"),
        Index("ix_visits_practitioner", "practitioner_id", "day"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="SET NULL"), unique=True)
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    day: Mapped[dt.date]
    state: Mapped[State] = mapped_column(text_enum(State), default=State.WAITING)
    arrived_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    previous_visit_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    checked_out_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    checked_out_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    is_closed_by_day: Mapped[bool] = mapped_column(default=False)
    follow_up: Mapped[FollowUp | None] = mapped_column(text_enum(FollowUp))
    settlement: Mapped[Settlement | None] = mapped_column(text_enum(Settlement))
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    note: Mapped[str | None] = mapped_column(EncryptedText("visits.note"))
    version: Mapped[int] = mapped_column(default=1)

    patient: Mapped[Patient] = relationship()
    appointment: Mapped[Appointment | None] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()
    service: Mapped[Service] = relationship()
    checked_out_by: Mapped[User | None] = relationship()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def may_check_out(self) -> bool:
        """Somebody has begun to see the patient."""
        return self.state in (State.IN_PROGRESS, State.READY)

    @property
    def may_end_unseen(self) -> bool:
        """Nobody has seen the patient: they may leave, be cancelled or never have been checked in."""
        return self.state is State.WAITING

    @property
    def ending_permission(self) -> str:
        """What whoever ended it unseen was allowed, and so may bring it back."""
        return "queue.join" if self.state is State.UNDONE else "visits.end"

    @property
    def may_bring_back(self) -> bool:
        """It ended without being seen: the newest ticket may wait again."""
        return self.state in UNSEEN_STATES
