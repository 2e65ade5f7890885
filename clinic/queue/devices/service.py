"""Giving screens and kiosks their address, changing it and taking it away."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.crypto import canonical_json
from clinic.directory.models import Department
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.queue.devices.models import Device
from clinic.queue.devices.queries import get_device
from clinic.queue.tokens import digest_token, new_token

_NOT_SETTINGS = {"id", "token_digest", "created_at", "last_seen_at", "idempotency_key", "idempotency_digest"}
SEEN_EVERY = dt.timedelta(seconds=50)
D = TypeVar("D", bound=Device)


def create_device(
    session: Session,
    kind: type[D],
    *,
    values: dict[str, Any],
    department_ids: Sequence[int],
    key: Key | None,
    actor: Actor,
    now: dt.datetime,
) -> tuple[D, str | None]:
    """A device and the token of its address, which is not kept and cannot be shown again.

    `values` are its other columns. The same key sent twice gives the first device and no token.
    """
    first = find_made(session, kind, key)
    if first is not None:
        return first, None
    token = new_token()
    device = kind(**made_with(key))
    device.token_digest, device.created_at = digest_token(token), now
    device.departments = _departments(session, department_ids)
    for name, value in values.items():
        setattr(device, name, value)
    session.add(device)
    session.flush()
    after = _values(device, values)
    record(session, f"{kind.AREA}.create", kind.ENTITY, device.id, actor=actor, now=now, after=after)
    return device, token


def update_device(
    session: Session,
    kind: type[D],
    *,
    device_id: int,
    expected_version: str,
    values: dict[str, Any],
    department_ids: Sequence[int],
    actor: Actor,
    now: dt.datetime,
) -> D:
    """Change a device's `values` and departments; its address stays. Conflict when it is not as the person saw it."""
    device = get_device(session, kind, device_id)
    if version_of(device) != expected_version:
        raise Conflict(_("Somebody changed this meanwhile. This is how it stands now; apply your change again."))
    old = _values(device, values)
    for name, value in values.items():
        setattr(device, name, value)
    device.departments = _departments(session, department_ids)
    session.flush()
    before, after = changes(old, _values(device, values))
    if after:
        action = f"{kind.AREA}.update"
        record(session, action, kind.ENTITY, device.id, actor=actor, now=now, before=before, after=after)
        live.publish(session, device.topic)
    return device


def version_of(device: Device) -> str:
    """What somebody saw of a device's settings, to notice when another changed them meanwhile."""
    state: Any = inspect(device)
    own = {column.key for column in state.mapper.column_attrs} - _NOT_SETTINGS
    return hashlib.sha256(canonical_json({k: str(v) for k, v in _values(device, own).items()})).hexdigest()[:32]


def renew_token(session: Session, kind: type[D], *, device_id: int, actor: Actor, now: dt.datetime) -> tuple[D, str]:
    """A new address for a device; the old one stops working at once."""
    device = get_device(session, kind, device_id)
    token = new_token()
    device.token_digest = digest_token(token)
    session.flush()
    record(session, f"{kind.AREA}.renew", kind.ENTITY, device.id, actor=actor, now=now)
    live.publish(session, device.topic)
    return device, token


def revoke_device(session: Session, kind: type[D], *, device_id: int, actor: Actor, now: dt.datetime) -> None:
    """End a device for good."""
    device = get_device(session, kind, device_id)
    device.revoked_at = now
    session.flush()
    record(session, f"{kind.AREA}.revoke", kind.ENTITY, device.id, actor=actor, now=now)
    live.publish(session, device.topic)


def note_seen(session: Session, kind: type[D], *, device_id: int, now: dt.datetime) -> None:
    """Note that a device is on; not audited."""
    is_stale = kind.last_seen_at.is_(None) | (kind.last_seen_at < now - SEEN_EVERY)
    session.execute(update(kind).where(kind.id == device_id, is_stale).values(last_seen_at=now))


def _departments(session: Session, department_ids: Sequence[int]) -> list[Department]:
    found = session.scalars(select(Department).where(Department.id.in_(department_ids), Department.is_active))
    departments = list(found)
    if not departments:
        raise Invalid(_("Choose at least one department."), "department_ids")
    return departments


def _values(device: Device, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(device, name) for name in names} | {"departments": sorted(d.id for d in device.departments)}
