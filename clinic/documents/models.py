"""Documents of a patient, and uploads that are not documents yet."""

import datetime as dt
import enum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum


class Category(enum.StrEnum):
    """What a document is about; the values group the codes of LOINC's document ontology that a front desk meets."""

    LETTER = "letter"
    RESULT = "result"
    IMAGING = "imaging"
    REFERRAL = "referral"
    PRESCRIPTION = "prescription"
    CONSENT = "consent"
    IDENTITY = "identity"
    INSURANCE = "insurance"
    OTHER = "other"


class UploadState(enum.StrEnum):
    RECEIVING = "receiving"
    DUPLICATE = "duplicate"
    STORED = "stored"
    DISCARDED = "discarded"


class Document(Keyed, Base):
    """A file in a patient's chart. Voided with a reason, never deleted.

    `token` names the stored file and binds its encryption; `sha256` is the plaintext's, in hex; `digest_token`
    finds the same file again without revealing the digest.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_patient", "patient_id", "documented_on", "id"),
        Index("ix_documents_digest", "patient_id", "digest_token"),
        Index("ix_documents_uploaded_at", "uploaded_at", "id"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    category: Mapped[Category] = mapped_column(text_enum(Category))
    title: Mapped[str] = mapped_column(EncryptedText("documents.title"))
    documented_on: Mapped[dt.date]
    file_name: Mapped[str] = mapped_column(EncryptedText("documents.file_name"))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(EncryptedText("documents.sha256"))
    digest_token: Mapped[bytes] = mapped_column(LargeBinary(16))
    uploaded_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    void_reason: Mapped[str | None] = mapped_column(EncryptedText("documents.void_reason"))
    version: Mapped[int] = mapped_column(default=1)

    uploaded_by: Mapped[User | None] = relationship(foreign_keys=[uploaded_by_id])
    voided_by: Mapped[User | None] = relationship(foreign_keys=[voided_by_id])

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None

    @property
    def storage_name(self) -> str:
        return storage_name(self.token)

    @property
    def seal_context(self) -> str:
        return seal_context(self.token)


class Upload(Idempotent, Keyed, Base):
    """A file on its way in, of one member of staff. `token` is its address and becomes the document's."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_patient", "patient_id", "user_id", "state"),
        Index("ix_uploads_state", "state", "expires_at"),
    )

    token: Mapped[str] = mapped_column(String(43), unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[UploadState] = mapped_column(text_enum(UploadState), default=UploadState.RECEIVING)
    category: Mapped[Category] = mapped_column(text_enum(Category))
    title: Mapped[str] = mapped_column(EncryptedText("uploads.title"))
    documented_on: Mapped[dt.date]
    file_name: Mapped[str] = mapped_column(EncryptedText("uploads.file_name"))
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str | None] = mapped_column(String(100))
    sha256: Mapped[str | None] = mapped_column(EncryptedText("uploads.sha256"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship()
    document: Mapped[Document | None] = relationship()


def storage_name(token: str) -> str:
    """Where the stored file of a document or finished upload is."""
    return f"documents/{token[:2]}/{token}"


def seal_context(token: str) -> str:
    """What its encryption is bound to."""
    return f"documents:{token}"
