"""Whose records a list showed. Triggers made by the migration refuse UPDATE and DELETE, as on the log itself."""

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class ReadingPatient(Base):
    """One patient that the audit entry `seq`, which speaks of several, is about: how a patient finds it.

    No foreign keys: an entry outlives whatever it speaks of. The entry says the same, sealed: verify_chain() compares.
    """

    __tablename__ = "reading_patients"
    __table_args__ = (Index("ix_reading_patients_patient", "patient_id", "seq"),)

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    patient_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
