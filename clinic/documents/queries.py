"""Reads of documents."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from clinic.documents.models import Category, Document, Upload, UploadState
from clinic.errors import NotFound


@dataclass(frozen=True)
class Counts:
    """How many documents a patient has: by category without the voided ones, and how many are voided."""

    by_category: dict[Category, int]
    voided: int

    @property
    def total(self) -> int:
        return sum(self.by_category.values())


def get_document(session: Session, document_id: int) -> Document:
    """The document, or NotFound. Whoever may see documents may see those of every patient of the clinic."""
    query = select(Document).options(selectinload(Document.uploaded_by), selectinload(Document.voided_by))
    document = session.scalar(query.where(Document.id == document_id))
    if document is None:
        raise NotFound("There is no such document.")
    return document


def list_documents(
    session: Session, patient_id: int, *, category: Category | None = None, with_voided: bool = False
) -> list[Document]:
    """A patient's documents, the latest date first."""
    query = (
        select(Document)
        .where(Document.patient_id == patient_id)
        .options(selectinload(Document.uploaded_by), selectinload(Document.voided_by))
        .order_by(Document.documented_on.desc(), Document.id.desc())
    )
    if category:
        query = query.where(Document.category == category)
    if not with_voided:
        query = query.where(Document.voided_at.is_(None))
    return list(session.scalars(query))


def count_documents(session: Session, patient_id: int) -> Counts:
    """Counts for the filters of the list."""
    voided = Document.voided_at.is_not(None)
    query = select(Document.category, voided, func.count()).where(Document.patient_id == patient_id)
    rows = session.execute(query.group_by(Document.category, voided)).all()
    by_category = {category: count for category, is_voided, count in rows if not is_voided}
    return Counts(by_category, sum(count for _category, is_voided, count in rows if is_voided))


def find_same_file(session: Session, patient_id: int, digest_token: bytes) -> Document | None:
    """A document of this patient, not voided, with the same content."""
    query = select(Document).options(selectinload(Document.uploaded_by))
    return session.scalar(
        query.where(
            Document.patient_id == patient_id,
            Document.digest_token == digest_token,
            Document.voided_at.is_(None),
        )
        .order_by(Document.id)
        .limit(1)
    )


def sum_stored_bytes(session: Session, patient_id: int) -> int:
    """Bytes of a patient's documents, voided ones too, and of the uploads under way."""
    documents = select(func.coalesce(func.sum(Document.size), 0)).where(Document.patient_id == patient_id)
    uploads = select(func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.patient_id == patient_id, Upload.state.in_([UploadState.RECEIVING, UploadState.DUPLICATE])
    )
    return int(session.scalar(documents) or 0) + int(session.scalar(uploads) or 0)
