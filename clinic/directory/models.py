"""Departments, rooms (service points), services and practitioners."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.crypto import EncryptedJson
from clinic.db import Base, Idempotent, Keyed


class Installation(Keyed, Base):
    """This clinic's own random name, in one row that the migration made. Kept when its address or host name changes."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(32))


class Department(Idempotent, Keyed, Base):
    """A part of the clinic with a queue of its own."""

    __tablename__ = "departments"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    rooms: Mapped[list["Room"]] = relationship(back_populates="department", order_by="Room.position, Room.name")
    services: Mapped[list["Service"]] = relationship(
        back_populates="department", order_by="Service.position, Service.name"
    )


class Room(Idempotent, Keyed, Base):
    """A service point: where a called patient goes."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("department_id", "name"),)

    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    department: Mapped[Department] = relationship(back_populates="rooms")


class Service(Idempotent, Keyed, Base):
    """What patients come for. Its tickets begin with `ticket_prefix`; price is in minor units."""

    __tablename__ = "services"
    __table_args__ = (UniqueConstraint("department_id", "name"),)

    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(120))
    ticket_prefix: Mapped[str] = mapped_column(String(3), unique=True)
    duration_minutes: Mapped[int] = mapped_column(default=15)
    price_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    department: Mapped[Department] = relationship(back_populates="services")


class Practitioner(Idempotent, Keyed, Base):
    """A health worker patients are seen by.

    Sealed value objects as in Patient: telecoms [{"system", "value", "typed", "use"}], addresses [{"lines", "city",
    "district", "state", "postal_code", "country", "use"}], extra: what else an import brought.
    """

    __tablename__ = "practitioners"
    __table_args__ = (Index("ix_practitioners_sort_name", "sort_name", "id"),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    family_name: Mapped[str | None] = mapped_column(String(120))
    given_name: Mapped[str | None] = mapped_column(String(120))
    prefix: Mapped[str | None] = mapped_column(String(40))
    display_name: Mapped[str] = mapped_column(String(250))
    sort_name: Mapped[str] = mapped_column(String(250))
    sex: Mapped[str] = mapped_column(String(24), default="unknown")
    specialty: Mapped[str | None] = mapped_column(String(120))
    telecoms: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("practitioners.telecoms"), default=list)
    addresses: Mapped[list[dict[str, Any]]] = mapped_column(EncryptedJson("practitioners.addresses"), default=list)
    extra: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("practitioners.extra"), default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    credentials: Mapped[list["PractitionerCredential"]] = relationship(
        back_populates="practitioner", order_by="PractitionerCredential.id"
    )

    @property
    def phone(self) -> str | None:
        """The first phone number, E.164 where it could be understood."""
        return self._telecom("phone")

    @property
    def email(self) -> str | None:
        return self._telecom("email")

    def _telecom(self, system: str) -> str | None:
        return next((t["value"] for t in self.telecoms if t["system"] == system), None)


class PractitionerCredential(Keyed, Base):
    """A professional number, such as an NPI or RPPS. Public by nature, so not sealed."""

    __tablename__ = "practitioner_credentials"
    __table_args__ = (UniqueConstraint("system", "value"),)

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    system: Mapped[str] = mapped_column(String(200))
    value: Mapped[str] = mapped_column(String(100))

    practitioner: Mapped[Practitioner] = relationship(back_populates="credentials")
