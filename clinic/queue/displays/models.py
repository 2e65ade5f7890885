"""Waiting-room screens and the departments each shows."""

import datetime as dt
import enum

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Department


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


class Display(Idempotent, Keyed, Base):
    """One screen. Only a digest of the token in its address is kept; revoking ends it for good.

    `languages` are codes: the first is written, calls are spoken in each. `voices` are those of them for which the
    screen's browser has a voice, as it last told; None before it did.
    """

    __tablename__ = "displays"

    name: Mapped[str] = mapped_column(String(80))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    privacy: Mapped[Privacy] = mapped_column(text_enum(Privacy), default=Privacy.NONE)
    chime: Mapped[bool] = mapped_column(default=True)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_spoken: Mapped[bool] = mapped_column(default=False)
    voices: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    departments: Mapped[list[Department]] = relationship(secondary=display_departments, order_by=Department.position)
