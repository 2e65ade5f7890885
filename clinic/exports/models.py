"""An export: what was asked for, how far it is, and where its file is."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedJson
from clinic.db import Base, Idempotent, UtcDateTime, text_enum
from clinic.tasks.models import Task


class ExportKind(enum.StrEnum):
    PATIENTS = "patients"
    QUEUE_ENTRIES = "queue_entries"
    VISITS = "visits"
    DOCUMENTS = "documents"
    AUDIT = "audit"


class ExportFormat(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Delimiter(enum.StrEnum):
    """What stands between two cells of a CSV file."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"

    @property
    def character(self) -> str:
        return {"comma": ",", "semicolon": ";", "tab": "\t"}[self.value]


class ExportState(enum.StrEnum):
    """queued -> running -> finished -> expired; or failed, or cancelled. Those three can be queued again."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ExportFailure(enum.StrEnum):
    """Why an export failed, in words without patient data."""

    WORKER_LOST = "worker_lost"
    STORAGE_FULL = "storage_full"
    UNAVAILABLE = "unavailable"
    DAMAGED = "damaged"
    DEFECT = "defect"


class Export(Idempotent, Task, Base):
    """One requested file, made by a worker (see Task).

    `tries` counts starts since a person last asked. `sha256` is of the file as downloaded; `stored_as` names its
    sealed form. `filter_words` says what `filters` leaves, for people.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_state", "state", "id"),
        Index("ix_exports_requested_by_id", "requested_by_id", "id"),
    )

    kind: Mapped[ExportKind] = mapped_column(text_enum(ExportKind))
    format: Mapped[ExportFormat] = mapped_column(text_enum(ExportFormat))
    delimiter: Mapped[Delimiter] = mapped_column(text_enum(Delimiter), default=Delimiter.COMMA)
    has_bom: Mapped[bool] = mapped_column(default=False)
    columns: Mapped[list[str]] = mapped_column(JSON)
    filters: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("exports.filters"))
    filter_words: Mapped[list[str]] = mapped_column(EncryptedJson("exports.filter_words"))
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    requested_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[str | None] = mapped_column(String(64))

    state: Mapped[ExportState] = mapped_column(text_enum(ExportState), default=ExportState.QUEUED)
    queued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    failure: Mapped[ExportFailure | None] = mapped_column(text_enum(ExportFailure))

    filename: Mapped[str | None] = mapped_column(String(120))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    requested_by: Mapped[User | None] = relationship()

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be queued again."""
        return self.state in (ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED)

    @property
    def rate(self) -> float | None:
        """Rows a second so far."""
        until = self.finished_at or self.beat_at
        seconds = (until - self.started_at).total_seconds() if until and self.started_at else 0
        return self.rows_done / seconds if seconds > 0 and self.rows_done else None

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None while nothing can be said."""
        if self.state is not ExportState.RUNNING or not self.rate or self.rows_total is None:
            return None
        return max(self.rows_total - self.rows_done, 0) / self.rate
