"""Closings of a day, and what each of them ended, so that it can be taken back as a whole."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.appointments.models import AppointmentEvent
from clinic.db import Base, Keyed, UtcDateTime
from clinic.queue.models import QueueEvent
from clinic.visits.models import Visit


class DayClosing(Keyed, Base):
    """What was open at `day` and before was given its end at once, by a person or by the night's job.

    Names are kept beside the users: they outlive them.
    """

    __tablename__ = "day_closings"
    __table_args__ = (Index("ix_day_closings_closed_at", "closed_at"),)

    day: Mapped[dt.date]
    closed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    closed_by: Mapped[str] = mapped_column(String(200))
    undone_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(String(200))

    ends: Mapped[list["ClosedStep"]] = relationship(back_populates="closing", order_by="ClosedStep.id")

    @property
    def people(self) -> int:
        """How many people it was about; not how many tickets, visits and appointments."""
        return len({end.person for end in self.ends})

    @property
    def put_back(self) -> int:
        """How many of them are as before, once it was undone."""
        return self.people - len(self.left)

    @property
    def left(self) -> dict[tuple[str, int], "ClosedStep"]:
        """Those the undo left as they were, each with one of the things it is about."""
        return {end.person: end for end in self.ends if end.is_left}


class ClosedStep(Keyed, Base):
    """One thing that a closing ended: a ticket (with its visit, unless it was nameless, and the step of the appointment
    that followed), the check-out of a visit, or an appointment that was missed.

    `is_left`: somebody had gone on with it, so the undo of the closing left it as it was.
    """

    __tablename__ = "closed_steps"
    __table_args__ = (Index("ix_closed_steps_closing", "closing_id", "id"),)

    closing_id: Mapped[int] = mapped_column(ForeignKey("day_closings.id", ondelete="CASCADE"))
    queue_event_id: Mapped[int | None] = mapped_column(ForeignKey("queue_events.id", ondelete="RESTRICT"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="RESTRICT"))
    appointment_event_id: Mapped[int | None] = mapped_column(ForeignKey("appointment_events.id", ondelete="RESTRICT"))
    is_left: Mapped[bool] = mapped_column(default=False)

    closing: Mapped[DayClosing] = relationship(back_populates="ends")
    queue_event: Mapped[QueueEvent | None] = relationship()
    visit: Mapped[Visit | None] = relationship()
    appointment_event: Mapped[AppointmentEvent | None] = relationship()

    @property
    def is_check_out(self) -> bool:
        return self.visit_id is not None and self.queue_event_id is None

    @property
    def person(self) -> tuple[str, int]:
        """Whom it is about, such as ("patient", 7); the holder of a nameless ticket is nobody else."""
        if self.visit is not None:
            return "patient", self.visit.patient_id
        if self.queue_event is not None:
            return "ticket", self.queue_event.entry_id
        if self.appointment_event is None:
            raise ValueError("An end of nothing.")
        return "patient", self.appointment_event.appointment.patient_id

    @property
    def name(self) -> str:
        """Whom it is about, in words: a patient, or a ticket."""
        if self.visit is not None:
            return self.visit.patient.display_name
        if self.queue_event is not None:
            return self.queue_event.entry.ticket
        return self.appointment_event.appointment.patient.display_name if self.appointment_event else ""
