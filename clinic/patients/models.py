"""A patient and what identifies one. Names and birth dates stay searchable; everything else is sealed."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.crypto import EncryptedJson, EncryptedText
from clinic.db import Base, Idempotent, Keyed, UtcDateTime, text_enum
from clinic.directory.models import Practitioner

# Ordered by code point on both databases, so that ranges of names use the index and pages come in the same order.
_SORTED_NAME = String(450).with_variant(String(450, collation="C"), "postgresql")
_SEARCHED_NAME = String(1200).with_variant(String(1200, collation="C"), "postgresql")
_FILTERED = ("is_active", "sex", "practitioner_id", "last_visit_at", "merged_into_id")
_MRN = String(20).with_variant(String(20, collation="C"), "postgresql")


class Sex(enum.StrEnum):
    """Administrative sex (FHIR R4 administrative-gender)."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class BirthPrecision(enum.StrEnum):
    """How much of `birth_date` is known. The rest of the stored date is only there for sorting."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ESTIMATED = "estimated"


class AlertLevel(enum.StrEnum):
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Patient(Idempotent, Keyed, Base):
    """A person the clinic cares for.

    At least one of family_name and given_name is set: a person with one name has it in either. The sealed JSON
    columns hold value objects: telecoms [{"system": "phone"|"email", "value" (E.164 or address), "typed", "use"}],
    addresses [{"lines", "city", "district", "state", "postal_code", "country", "use"}], contacts
    [{"name", "relationship", "phone"}], extra: further demographics as imported.

    `merged_into_id`: this record was merged into that one, which is itself merged into none. It stays for its MRN and
    for undoing; lists and searches leave it out, and nothing new may refer to it (clinic.patients.merging.guard).
    """

    __tablename__ = "patients"
    __table_args__ = (
        # All that searches and filters decide by, in the order of names: they walk it without reading the table.
        Index("ix_patients_search_walk", "sort_name", "id", "search_name", "birth_date", "mrn", *_FILTERED),
        Index("ix_patients_birth_date", "birth_date", "id"),
        Index("ix_patients_last_visit_at", "last_visit_at", "id"),
        Index("ix_patients_registered_at", "registered_at", "id"),
        Index("ix_patients_practitioner", "practitioner_id", "sort_name", "id"),
        # Partial, so that no planner walks it for the many that are merged into none.
        Index(
            "ix_patients_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
    )

    mrn: Mapped[str] = mapped_column(_MRN, unique=True)
    family_name: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str | None] = mapped_column(String(200))
    prefix: Mapped[str | None] = mapped_column(String(40))
    suffix: Mapped[str | None] = mapped_column(String(40))
    other_names: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    display_name: Mapped[str] = mapped_column(String(450))
    sort_name: Mapped[str] = mapped_column(_SORTED_NAME)
    search_name: Mapped[str] = mapped_column(_SEARCHED_NAME)
    birth_date: Mapped[dt.date | None]
    birth_precision: Mapped[BirthPrecision] = mapped_column(text_enum(BirthPrecision), default=BirthPrecision.DAY)
    sex: Mapped[Sex] = mapped_column(text_enum(Sex), default=Sex.UNKNOWN)
    is_deceased: Mapped[bool] = mapped_column(default=False, server_default=false())
    deceased_on: Mapped[dt.date | None]
    deceased_precision: Mapped[BirthPrecision] = mapped_column(
        text_enum(BirthPrecision, "deceased_precision"), default=BirthPrecision.DAY, server_default="day"
    )
    language: Mapped[str | None] = mapped_column(String(40))
    telecoms: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("patients.telecoms"), default=list)
    addresses: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("patients.addresses"), default=list)
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("patients.contacts"), default=list)
    extra: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("patients.extra"), default=dict)
    notes: Mapped[str | None] = mapped_column(EncryptedText("patients.notes"))
    consent_to_contact: Mapped[bool | None]
    consent_to_share: Mapped[bool | None]
    hide_name: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_active: Mapped[bool] = mapped_column(default=True)
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id", ondelete="SET NULL"))
    registered_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_visit_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"))
    version: Mapped[int] = mapped_column(default=1)

    practitioner: Mapped[Practitioner | None] = relationship()
    identifiers: Mapped[list["PatientIdentifier"]] = relationship(
        back_populates="patient", order_by="PatientIdentifier.id", cascade="save-update, merge, delete-orphan, delete"
    )
    coverages: Mapped[list["Coverage"]] = relationship(
        back_populates="patient",
        order_by="(Coverage.priority, Coverage.id)",
        cascade="save-update, merge, delete-orphan, delete",
    )
    alerts: Mapped[list["PatientAlert"]] = relationship(order_by="PatientAlert.id")

    @property
    def phone(self) -> str | None:
        """The first phone number, E.164 where it could be understood."""
        return self._telecom("phone")

    @property
    def phone_telecom(self) -> dict[str, Any] | None:
        """The first phone number as it was taken down: with its extension."""
        return next((t for t in self.telecoms if t["system"] == "phone"), None)

    @property
    def email(self) -> str | None:
        return self._telecom("email")

    def _telecom(self, system: str) -> str | None:
        return next((t["value"] for t in self.telecoms if t["system"] == system), None)


class PatientIdentifier(Keyed, Base):
    """A number somebody else gave the patient, such as a social security number. The MRN is not here."""

    __tablename__ = "patient_identifiers"
    __table_args__ = (Index("ix_patient_identifiers_token", "token"),)

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    issuer: Mapped[str | None] = mapped_column(String(200))
    value: Mapped[str] = mapped_column(EncryptedText("patient_identifiers.value"))
    token: Mapped[bytes] = mapped_column(LargeBinary(16))
    valid_until: Mapped[dt.date | None]

    patient: Mapped[Patient] = relationship(back_populates="identifiers")


class Coverage(Keyed, Base):
    """Who pays, in order of priority (1 is asked first)."""

    __tablename__ = "coverages"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), index=True)
    payer: Mapped[str] = mapped_column(String(160))
    plan: Mapped[str | None] = mapped_column(String(160))
    member_number: Mapped[str | None] = mapped_column(EncryptedText("coverages.member_number"))
    valid_from: Mapped[dt.date | None]
    valid_until: Mapped[dt.date | None]
    priority: Mapped[int] = mapped_column(default=1)

    patient: Mapped[Patient] = relationship(back_populates="coverages")


class PatientAlert(Idempotent, Keyed, Base):
    """Something everyone who opens the chart must see. Voided, never deleted."""

    __tablename__ = "patient_alerts"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="RESTRICT"), index=True)
    level: Mapped[AlertLevel] = mapped_column(text_enum(AlertLevel))
    text: Mapped[str] = mapped_column(EncryptedText("patient_alerts.text"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    voided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class MrnCounter(Keyed, Base):
    """The last medical record number given, in one row that the migration made. Taken through clinic.patients.mrn."""

    __tablename__ = "mrn_counter"

    value: Mapped[int] = mapped_column(BigInteger, default=0)


class PatientSearchToken(Base):
    """A blind index of what people type exactly: phone tails of four digits and more, identifiers, e-mail."""

    __tablename__ = "patient_search_tokens"
    __table_args__ = (
        PrimaryKeyConstraint("token", "patient_id"),
        Index("ix_patient_search_tokens_patient_id", "patient_id"),
        {"sqlite_with_rowid": False},
    )

    token: Mapped[bytes] = mapped_column(LargeBinary(16))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id", ondelete="CASCADE"), info={"on_merge": "keep"})
