"""Patients who wait for a time, and the time that is held for one of them for some minutes."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.appointments.models import Appointment, PartOfDay
from clinic.crypto import EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Practitioner, Room, Service
from clinic.patients.models import Patient


class WaitState(enum.StrEnum):
    """What a wait has come to."""

    WAITING = "waiting"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"


class WaitlistEntry(Idempotent, Keyed, Base):
    """One wait for a service, with one practitioner or any, from `from_day` to `until_day`, both included.

    Who joined first is named first. While `held_until` lies ahead, the time from `held_from` to `held_to` is kept for
    this patient: nobody else is offered it or can be booked there.
    """

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        CheckConstraint("from_day <= until_day", name="order"),
        CheckConstraint(
            "(held_until IS NULL) = (held_from IS NULL) AND (held_until IS NULL) = (held_to IS NULL)", name="hold"
        ),
        Index("ix_waitlist_entries_waiting", "state", "joined_at", "id"),
        Index("ix_waitlist_entries_suited", "state", "service_id", "joined_at", "id"),
        Index("ix_waitlist_entries_patient", "patient_id"),
        Index("ix_waitlist_entries_held_until", "held_until"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    from_day: Mapped[dt.date]
    until_day: Mapped[dt.date]
    part_of_day: Mapped[PartOfDay | None] = mapped_column(text_enum(PartOfDay))
    note: Mapped[str | None] = mapped_column(EncryptedText("waitlist_entries.note"))
    state: Mapped[WaitState] = mapped_column(text_enum(WaitState), default=WaitState.WAITING)
    joined_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    held_practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    held_room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="SET NULL"))
    held_from: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    held_to: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id", ondelete="SET NULL"), unique=True)

    patient: Mapped[Patient] = relationship()
    service: Mapped[Service] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship(foreign_keys=[practitioner_id])
    held_practitioner: Mapped[Practitioner | None] = relationship(foreign_keys=[held_practitioner_id])
    held_room: Mapped[Room | None] = relationship()
    appointment: Mapped[Appointment | None] = relationship()

    def is_held(self, now: dt.datetime) -> bool:
        """Whether a time is kept for this patient now."""
        return self.state is WaitState.WAITING and self.held_until is not None and self.held_until > now
