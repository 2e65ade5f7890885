"""Announcements and opening hours."""

import datetime as dt

from sqlalchemy import PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Idempotent, Keyed


class Announcement(Idempotent, Keyed, Base):
    """A line on every screen, from a day to a day of the clinic's calendar (both included)."""

    __tablename__ = "announcements"

    text: Mapped[str] = mapped_column(String(300))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]


class OpeningHours(Base):
    """One stretch of a weekday (0 is Monday) in which the clinic is open, by its own clock."""

    __tablename__ = "opening_hours"
    __table_args__ = (PrimaryKeyConstraint("weekday", "opens"),)

    weekday: Mapped[int]
    opens: Mapped[dt.time]
    closes: Mapped[dt.time]
