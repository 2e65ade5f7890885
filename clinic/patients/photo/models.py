"""Photos of patients."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Idempotent, Keyed, UtcDateTime


class PatientPhoto(Idempotent, Keyed, Base):
    """One picture, sealed in the storage under `stored_as`; `size` in bytes, `sha256` in hex of what is shown.

    A newer one takes its place; a removed one can be brought back until its file is deleted.
    """

    __tablename__ = "patient_photos"
    __table_args__ = (Index("ix_patient_photos_patient_id", "patient_id", "taken_at"),)

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    stored_as: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
