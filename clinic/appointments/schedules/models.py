"""Weekly hours, exceptions from them and the clinic's holidays. Times of day are the clinic's own wall clock."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.crypto import EncryptedText
from clinic.db import Base, Idempotent, Keyed, text_enum
from clinic.directory.models import Practitioner, Room


class WorkingHours(Keyed, Base):
    """One interval of a week in which a practitioner, in a room or anywhere, or a room by itself can be booked.

    `weekday` counts from Monday, 0. Bookings may begin every `slot_minutes` and keep `buffer_minutes` between them.
    Valid from `valid_from` to `valid_until`, both included.
    """

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("practitioner_id IS NOT NULL OR room_id IS NOT NULL", name="whose"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="order"),
        CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0", name="minutes"),
        Index("ix_working_hours_practitioner", "practitioner_id", "weekday"),
        Index("ix_working_hours_room", "room_id", "weekday"),
    )

    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="RESTRICT"))
    weekday: Mapped[int]
    starts: Mapped[dt.time]
    ends: Mapped[dt.time]
    slot_minutes: Mapped[int] = mapped_column(default=15)
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]

    practitioner: Mapped[Practitioner | None] = relationship()
    room: Mapped[Room | None] = relationship()


class TimeOffKind(enum.StrEnum):
    """LEAVE: a practitioner is away. CLOSED: a room cannot be used. EXTRA: hours beside the weekly ones."""

    LEAVE = "leave"
    CLOSED = "closed"
    EXTRA = "extra"


class TimeOff(Idempotent, Keyed, Base):
    """An exception from the weekly hours, from `starts_on` to `ends_on`, both included.

    With `starts` and `ends` it is these hours of each of the days, else the whole days. LEAVE has a practitioner,
    CLOSED a room, EXTRA either or both and always hours.
    """

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("practitioner_id IS NOT NULL OR room_id IS NOT NULL", name="whose"),
        CheckConstraint("starts_on <= ends_on", name="order"),
        CheckConstraint("(starts IS NULL) = (ends IS NULL) AND (starts IS NULL OR starts < ends)", name="hours"),
        CheckConstraint("kind <> 'extra' OR starts IS NOT NULL", name="extra"),
        Index("ix_time_off_practitioner", "practitioner_id", "ends_on"),
        Index("ix_time_off_room", "room_id", "ends_on"),
        Index("ix_time_off_ends_on", "ends_on", "id"),
    )

    kind: Mapped[TimeOffKind] = mapped_column(text_enum(TimeOffKind, "kind"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="RESTRICT"))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    starts: Mapped[dt.time | None]
    ends: Mapped[dt.time | None]
    reason: Mapped[str | None] = mapped_column(EncryptedText("time_off.reason"))

    practitioner: Mapped[Practitioner | None] = relationship()
    room: Mapped[Room | None] = relationship()


class Holiday(Idempotent, Keyed, Base):
    """A day on which the whole clinic is closed; only extra hours open it."""

    __tablename__ = "holidays"

    day: Mapped[dt.date] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(120))
