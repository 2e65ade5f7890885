"""The audit log's one table. Triggers made by the migration refuse UPDATE and DELETE on it."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.crypto import EncryptedJson
from clinic.db import Base, UtcDateTime


class AuditEntry(Base):
    """One thing that happened. `seq` has no gaps; `digest` chains to the entry before.

    No foreign keys: an entry outlives whatever it speaks of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_entity", "entity", "entity_id", "seq"),
        Index("ix_audit_entries_patient", "patient_id", "seq"),
        Index("ix_audit_entries_actor", "actor_id", "seq"),
        Index("ix_audit_entries_action", "action", "seq"),
        Index("ix_audit_entries_at", "at"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[int | None]
    patient_id: Mapped[int | None]
    request_id: Mapped[str | None] = mapped_column(String(64))
    before: Mapped[Any] = mapped_column(EncryptedJson("audit_entries.before"), nullable=True)
    after: Mapped[Any] = mapped_column(EncryptedJson("audit_entries.after"), nullable=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
