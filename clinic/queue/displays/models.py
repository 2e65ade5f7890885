"""Waiting-room screens and the departments each shows."""

import enum

from sqlalchemy import JSON, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, text_enum
from clinic.directory.models import Department
from clinic.queue.devices.models import Device


class Privacy(enum.StrEnum):
    """What a screen shows of a patient's name beside the ticket."""

    NONE = "none"
    INITIALS = "initials"
    FIRST_NAME = "first_name"


display_departments = Table(
    "display_departments",
    Base.metadata,
    Column("display_id", ForeignKey("displays.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True),
)


class Display(Device, Base):
    """One screen. It is written in its first language; with `is_spoken` calls are spoken in each.

    `voices` are the languages for which the screen's browser has a voice, as it last told; None before it did.
    """

    __tablename__ = "displays"
    AREA, ENTITY = "displays", "display"

    privacy: Mapped[Privacy] = mapped_column(text_enum(Privacy), default=Privacy.NONE)
    chime: Mapped[bool] = mapped_column(default=True)
    is_spoken: Mapped[bool] = mapped_column(default=False)
    voices: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    departments: Mapped[list[Department]] = relationship(secondary=display_departments, order_by=Department.position)

    @property
    def silent_languages(self) -> list[str]:
        """Languages it should speak and, by what its browser told, cannot."""
        if not self.is_spoken or self.voices is None:
            return []
        return [code for code in self.languages if code not in self.voices]
