"""Reads of screens and kiosks; `kind` is the model of either."""

from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from clinic.errors import NotFound
from clinic.queue.devices.models import Device
from clinic.queue.tokens import digest_token

D = TypeVar("D", bound=Device)


def list_devices(session: Session, kind: type[D]) -> list[D]:
    """Devices in use, by name."""
    query = select(kind).where(kind.revoked_at.is_(None)).options(selectinload(kind.departments))
    return list(session.scalars(query.order_by(kind.name, kind.id)))


def get_device(session: Session, kind: type[D], device_id: int) -> D:
    """A device in use, or NotFound."""
    device = session.get(kind, device_id)
    if device is None or device.revoked_at is not None:
        raise NotFound(_("There is no such device."))
    return device


def has_device(session: Session, kind: type[D], token: str) -> bool:
    """Whether a device in use has this token."""
    return (
        session.scalar(select(kind.id).where(kind.token_digest == digest_token(token), kind.revoked_at.is_(None)))
        is not None
    )


def get_device_by_token(session: Session, kind: type[D], token: str) -> D:
    """The device in use whose address has this token, or NotFound."""
    query = select(kind).where(kind.token_digest == digest_token(token), kind.revoked_at.is_(None))
    device = session.scalar(query.options(selectinload(kind.departments)))
    if device is None:
        raise NotFound(_("This device was switched off. Ask the reception for its new address."))
    return device
