"""Half-filled forms."""

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.crypto import EncryptedJson
from clinic.db import Base, Keyed, UtcDateTime

PAGE_CHARACTERS = 300


class FormDraft(Keyed, Base):
    """What a user had typed into the form of a page when their session was over. `fields` are (name, value) pairs."""

    __tablename__ = "form_drafts"
    __table_args__ = (UniqueConstraint("user_id", "page"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(PAGE_CHARACTERS))
    form: Mapped[str] = mapped_column(String(80))
    fields: Mapped[list[tuple[str, str]]] = mapped_column(EncryptedJson("form_drafts.fields"))
    kept_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
