"""An import, the rows it refused, and where each imported record came from."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.models import User
from clinic.crypto import EncryptedJson, EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.tasks.models import Task


class ImportKind(enum.StrEnum):
    """What the rows of a file are."""

    FHIR_PATIENTS = "fhir_patients"
    FHIR_PRACTITIONERS = "fhir_practitioners"
    CSV_PATIENTS = "csv_patients"

    @property
    def is_table(self) -> bool:
        return self is ImportKind.CSV_PATIENTS


class ImportState(enum.StrEnum):
    """uploaded -> queued -> running -> finished; or failed, or cancelled: those two can go on where they stopped."""

    UPLOADED = "uploaded"
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportFailure(enum.StrEnum):
    """Why an import stopped, in words without patient data."""

    WORKER_LOST = "worker_lost"
    UNAVAILABLE = "unavailable"
    DAMAGED = "damaged"
    DEFECT = "defect"


class Import(Idempotent, Task, Base):
    """One uploaded file on its way into the clinic, written by a worker (see Task).

    `source` names the system the file comes from: keys are unique within it. `position` is the byte after the last
    row that was written, `line` that row's last line; `start_position` is where the present worker began. `tries`
    counts starts since a row was last written. `options` of a table: {"encoding", "delimiter", "day_first",
    "columns": [field or "" for each column]}.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_state", "state", "id"),)

    kind: Mapped[ImportKind] = mapped_column(text_enum(ImportKind))
    source: Mapped[str] = mapped_column(String(120))
    filename: Mapped[str] = mapped_column(EncryptedText("imports.filename"))
    stored_as: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    requested_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    state: Mapped[ImportState] = mapped_column(text_enum(ImportState), default=ImportState.UPLOADED)
    failure: Mapped[ImportFailure | None] = mapped_column(text_enum(ImportFailure))
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    start_position: Mapped[int] = mapped_column(BigInteger, default=0)
    line: Mapped[int] = mapped_column(default=0)
    lines_total: Mapped[int]
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)

    requested_by: Mapped[User | None] = relationship()

    @property
    def is_resumable(self) -> bool:
        """Whether it may go on where it stopped."""
        return self.state in (ImportState.FAILED, ImportState.CANCELLED) and self.stored_as is not None

    @property
    def rows_done(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused

    @property
    def _seconds(self) -> float:
        until = self.finished_at or self.beat_at
        return (until - self.started_at).total_seconds() if until and self.started_at else 0.0

    @property
    def percent(self) -> int:
        """How much of the file is done, by bytes."""
        return 100 if self.state is ImportState.FINISHED else int(100 * self.position / max(self.size, 1))

    @property
    def rate(self) -> float | None:
        """Rows a second since the present start; None while nothing can be said."""
        if self._seconds <= 0 or self.position <= self.start_position:
            return None
        return self.rows_done * (1 - self.start_position / self.position) / self._seconds

    @property
    def seconds_left(self) -> float | None:
        """At the rate since this start; None while nothing can be said."""
        done = self.position - self.start_position
        if self.state is not ImportState.RUNNING or done <= 0:
            return None
        return self._seconds / done * (self.size - self.position)


class ImportRefusal(Base):
    """A row that was not imported and why. The reason may quote the row, so it is sealed."""

    __tablename__ = "import_refusals"
    __table_args__ = (PrimaryKeyConstraint("import_id", "line"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(EncryptedText("import_refusals.reason"))


class ImportOrigin(Keyed, Base):
    """Where an imported patient or practitioner came from.

    `key` and `content` are keyed digests of the source's own key and of the whole source record; `resource` is that
    record, so that nothing of it is lost. `version` is the patient's or practitioner's after the last import: a
    higher one means that somebody changed the record here.
    """

    __tablename__ = "import_origins"
    __table_args__ = (
        UniqueConstraint("source", "kind", "key"),
        CheckConstraint("(patient_id IS NULL) <> (practitioner_id IS NULL)", name="one_record"),
    )

    source: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[bytes] = mapped_column(LargeBinary(16))
    content: Mapped[bytes] = mapped_column(LargeBinary(16))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), index=True)
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="RESTRICT"), index=True)
    version: Mapped[int]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    resource: Mapped[Any] = mapped_column(EncryptedJson("import_origins.resource"))
