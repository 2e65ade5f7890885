"""Spellings of the words in patients' names, for forgiving typing errors."""

from sqlalchemy import PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class NameSpelling(Base):
    """A word of some patient's name (folded) under itself and under every form with one letter left out.

    Two words are one typing error apart when they share a spelling. Words stay when their last patient is
    renamed: then they find nobody.
    """

    __tablename__ = "patient_name_spellings"
    __table_args__ = (PrimaryKeyConstraint("spelling", "word"), {"sqlite_with_rowid": False})

    spelling: Mapped[str] = mapped_column(String(30))
    word: Mapped[str] = mapped_column(String(30))
