"""Pairs of records that may be of one person, and whose record waits to be compared."""

import datetime as dt

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.db import Base, Keyed, UtcDateTime
from clinic.patients.models import Patient

_KEEP = {"on_merge": "keep"}
_OPEN, _DISMISSED = text("dismissed_at IS NULL"), text("dismissed_at IS NOT NULL")


class DuplicatePair(Keyed, Base):
    """Two records that are likely of one person, found in the background. `reasons` are values of scoring.Reason.

    A dismissed pair ("not the same person") stays dismissed when it is found again. Pairs of a merged record stay as
    they are and come back when the merge is undone.
    """

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        UniqueConstraint("low_id", "high_id"),
        CheckConstraint("low_id < high_id", name="ordered"),
        Index("ix_duplicate_pairs_high_id", "high_id"),
        Index("ix_duplicate_pairs_open", "points", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_duplicate_pairs_dismissed", "dismissed_at", "id", sqlite_where=_DISMISSED, postgresql_where=_DISMISSED
        ),
    )

    low_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), info=_KEEP)
    high_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), info=_KEEP)
    points: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(JSON)
    found_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    dismissed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    low: Mapped[Patient] = relationship(foreign_keys=[low_id])
    high: Mapped[Patient] = relationship(foreign_keys=[high_id])
    dismissed_by: Mapped[User | None] = relationship()

    @property
    def patient_ids(self) -> tuple[int, int]:
        """The two records."""
        return self.low_id, self.high_id


class DuplicateCheck(Base):
    """A record that was written since it was last compared with the others; the background job takes it from here."""

    __tablename__ = "duplicate_checks"

    patient_id: Mapped[int] = mapped_column(
        ForeignKey("patients.id", ondelete="RESTRICT"), primary_key=True, autoincrement=False, info=_KEEP
    )
    marked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
