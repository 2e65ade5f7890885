"""The address of a ticket's page."""

import datetime as dt

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clinic.crypto import EncryptedText
from clinic.db import Base, UtcDateTime


class TicketLink(Base):
    """The random address of one ticket's page. The token is found by its digest and sealed for printing again."""

    __tablename__ = "ticket_links"

    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id", ondelete="CASCADE"), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token: Mapped[str] = mapped_column(EncryptedText("ticket_links.token"))
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
