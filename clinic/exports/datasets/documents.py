"""The index of documents: one row each, by upload; the files themselves stay where they are."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from clinic.auth.models import User
from clinic.documents.models import Document
from clinic.exports.datasets.columns import Column, Source, day, instant, number, plain, referred, sealed_text
from clinic.exports.datasets.dataset import Dataset, Filters, days_between
from clinic.exports.files.cells import CellKind
from clinic.exports.models import ExportKind
from clinic.patients.models import Patient

_SEALED = ("title", "file_name", "sha256", "void_reason")


def _sources(zone: ZoneInfo) -> dict[str, Source]:
    return {
        "id": number(Document.id),
        "size": number(Document.size),
        "documented_on": day(Document.documented_on),
        **{name: plain(getattr(Document, name)) for name in ("category", "media_type")},
        **{name: instant(getattr(Document, name), zone) for name in ("uploaded_at", "voided_at")},
        **{name: sealed_text(getattr(Document, name), f"documents.{name}") for name in _SEALED},
        "mrn": referred(Patient.mrn, Patient, Document.patient_id),
        "patient": referred(Patient.display_name, Patient, Document.patient_id),
        "uploaded_by": referred(User.display_name, User, Document.uploaded_by_id),
    }


_COLUMNS = (
    Column("id", _l("Document"), ("id",), CellKind.NUMBER, is_default=True),
    Column("mrn", _l("MRN"), ("mrn",), is_default=True),
    Column("patient", _l("Patient"), ("patient",), is_default=True),
    Column("title", _l("Title"), ("title",), is_default=True),
    Column("category", _l("Category"), ("category",), CellKind.CODE, is_default=True),
    Column("documented_on", _l("Date"), ("documented_on",), CellKind.DATE, is_default=True),
    Column("file_name", _l("File name"), ("file_name",)),
    Column("media_type", _l("Type"), ("media_type",), CellKind.CODE, is_default=True),
    Column("size", _l("Bytes"), ("size",), CellKind.NUMBER, is_default=True),
    Column("sha256", _l("SHA-256"), ("sha256",), CellKind.CODE),
    Column("uploaded_at", _l("Uploaded"), ("uploaded_at",), CellKind.INSTANT, is_default=True),
    Column("uploaded_by", _l("Uploaded by"), ("uploaded_by",), is_default=True),
    Column("voided_at", _l("Voided"), ("voided_at",), CellKind.INSTANT),
    Column("void_reason", _l("Reason of voiding"), ("void_reason",)),
)


def _rows(filters: Filters, zone: ZoneInfo) -> Select[Any]:
    query = select(Document).order_by(Document.id)
    since, until = days_between(filters, zone)
    if since:
        query = query.where(Document.uploaded_at >= since)
    if until:
        query = query.where(Document.uploaded_at < until)
    if filters.get("category"):
        query = query.where(Document.category == filters["category"])
    return query if filters.get("with_voided") else query.where(Document.voided_at.is_(None))


DOCUMENTS = Dataset(
    kind=ExportKind.DOCUMENTS,
    label=_l("Documents (index)"),
    permission="documents.view",
    columns=_COLUMNS,
    sources=_sources,
    rows=_rows,
)
