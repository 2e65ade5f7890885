"""Kiosks and the departments each gives tickets for."""

import datetime as dt

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Idempotent, Keyed, UtcDateTime
from clinic.directory.models import Department

kiosk_departments = Table(
    "kiosk_departments",
    Base.metadata,
    Column("kiosk_id", ForeignKey("kiosks.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True),
)


class Kiosk(Idempotent, Keyed, Base):
    """One kiosk, speaking `languages` (codes, the first by itself). Only a digest of its token is kept."""

    __tablename__ = "kiosks"

    name: Mapped[str] = mapped_column(String(80))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    prints: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    departments: Mapped[list[Department]] = relationship(secondary=kiosk_departments, order_by=Department.position)
