"""Notes and incidents for the next shift."""

import datetime as dt
import enum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.crypto import EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum


class Kind(enum.StrEnum):
    """An incident is something that went wrong and somebody may ask about later."""

    NOTE = "note"
    INCIDENT = "incident"


_OPEN = text("voided_at IS NULL AND (acknowledged_at IS NULL OR is_pinned)")


class ShiftNote(Idempotent, Keyed, Base):
    """One entry of the shift log. Shown on Today until acknowledged; one that is pinned stays there until unpinned.

    Names are kept beside the users: they outlive them. Each change is in the audit log; nothing is deleted.
    """

    __tablename__ = "shift_notes"
    __table_args__ = (Index("ix_shift_notes_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    kind: Mapped[Kind] = mapped_column(text_enum(Kind), default=Kind.NOTE)
    text: Mapped[str] = mapped_column(EncryptedText("shift_notes.text"))
    is_pinned: Mapped[bool] = mapped_column(default=False)
    written_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    written_by: Mapped[str] = mapped_column(String(200))
    edited_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    acknowledged_by: Mapped[str | None] = mapped_column(String(200))
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[str | None] = mapped_column(String(200))
    void_reason: Mapped[str | None] = mapped_column(EncryptedText("shift_notes.void_reason"))
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_at is not None
