"""What was merged, and all that an undo needs."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedJson
from clinic.db import Base, Idempotent, Keyed, UtcDateTime
from clinic.patients.models import Patient

_KEEP = {"on_merge": "keep"}
_STANDING = text("undone_at IS NULL")


class PatientMerge(Idempotent, Keyed, Base):
    """One record merged into another. `record` holds

    - "survivor", "merged": the columns that changed as {column: [before, after]},
    - "moved": the keys of the rows that moved as {"table.column": [[key, ...], ...]},
    - "own": how many rows the survivor had itself as {"table.column": count},
    - "later_priority": what was added to the priority of the coverages that moved.
    """

    __tablename__ = "patient_merges"
    __table_args__ = (
        Index(
            "uq_patient_merges_standing", "merged_id", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING
        ),
        Index("ix_patient_merges_survivor_id", "survivor_id"),
    )

    survivor_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), info=_KEEP)
    merged_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), info=_KEEP)
    record: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("patient_merges.record"))
    merged_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    undone_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    survivor: Mapped[Patient] = relationship(foreign_keys=[survivor_id])
    merged: Mapped[Patient] = relationship(foreign_keys=[merged_id])
    merged_by: Mapped[User | None] = relationship(foreign_keys=[merged_by_id])
    undone_by: Mapped[User | None] = relationship(foreign_keys=[undone_by_id])

    @property
    def patient_ids(self) -> tuple[int, int]:
        """The two records."""
        return self.survivor_id, self.merged_id
