"""Addresses under which a practitioner's appointments can be subscribed to."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Idempotent, Keyed, UtcDateTime
from clinic.directory.models import Practitioner


class CalendarFeed(Idempotent, Keyed, Base):
    """One address. Only a digest of its token is kept; revoking ends it for good. Patients' names are left out unless
    `shows_names` allows them."""

    __tablename__ = "calendar_feeds"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    shows_names: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_read_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    practitioner: Mapped[Practitioner] = relationship()
