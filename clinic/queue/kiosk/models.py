"""Kiosks and the departments each gives tickets for."""

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base
from clinic.directory.models import Department
from clinic.queue.devices.models import Device

kiosk_departments = Table(
    "kiosk_departments",
    Base.metadata,
    Column("kiosk_id", ForeignKey("kiosks.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True),
)


class Kiosk(Device, Base):
    """One kiosk. `prints`: it has a receipt printer, and its browser prints without asking."""

    __tablename__ = "kiosks"
    AREA, ENTITY = "kiosks", "kiosk"

    prints: Mapped[bool] = mapped_column(default=False)

    departments: Mapped[list[Department]] = relationship(secondary=kiosk_departments, order_by=Department.position)
