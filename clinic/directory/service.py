"""Writing departments, rooms and services. Nothing is deleted: what is no longer used is deactivated."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.directory.models import Department, Room, Service
from clinic.directory.queries import Place, find_by_prefix, get_place, list_siblings, name_is_taken
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with


@dataclass(frozen=True, kw_only=True)
class PlaceDetails:
    """What is written down about a department or a room."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ServiceDetails(PlaceDetails):
    """What is written down about a service; `price_minor` in minor units of `currency`."""

    ticket_prefix: str
    duration_minutes: int
    price_minor: int
    currency: str


def create_department(
    session: Session, *, details: PlaceDetails, key: Key, actor: Actor, now: dt.datetime
) -> Department:
    """A department at the end of the list; the same key sent twice gives the first one. Invalid for a taken name."""
    earlier = find_made(session, Department, key)
    return earlier or _add(session, Department(**made_with(key)), details, actor, now)


def create_room(
    session: Session,
    *,
    department_id: int,
    details: PlaceDetails,
    key: Key,
    actor: Actor,
    now: dt.datetime,
) -> Room:
    """A room of a department; the same key sent twice gives the first one. Invalid for a taken name, NotFound."""
    if earlier := find_made(session, Room, key):
        return earlier
    department = get_place(session, Department, department_id)
    return _add(session, Room(department_id=department.id, **made_with(key)), details, actor, now)


def create_service(
    session: Session,
    *,
    department_id: int,
    details: ServiceDetails,
    key: Key,
    actor: Actor,
    now: dt.datetime,
) -> Service:
    """A service of a department; the same key sent twice gives the first one. Invalid for a taken name or prefix."""
    if earlier := find_made(session, Service, key):
        return earlier
    department = get_place(session, Department, department_id)
    return _add(session, Service(department_id=department.id, **made_with(key)), details, actor, now)


def update_place(
    session: Session,
    *,
    place: Place,
    details: PlaceDetails,
    expected_version: int,
    actor: Actor,
    now: dt.datetime,
) -> Place:
    """Write `details` over a department, room or service.

    Raises Conflict when it is no longer at `expected_version`, Invalid for a taken name or prefix.
    """
    _lock(session, place, expected_version)
    before, after = changes({name: getattr(place, name) for name in asdict(details)}, asdict(details))
    if after:
        _check(session, place, details)
        _apply(place, details)
        _save(session, place, "update", actor, now, before, after)
    return place


def deactivate_place(
    session: Session, *, place: Place, expected_version: int, open_tickets: int, actor: Actor, now: dt.datetime
) -> Place:
    """Take a department, room or service out of use. Conflict while `open_tickets` of it are not finished."""
    _lock(session, place, expected_version)
    if open_tickets:
        raise Conflict(
            ngettext(
                "%(name)s is in use: %(num)s ticket of today is not finished. Finish or transfer it first.",
                "%(name)s is in use: %(num)s tickets of today are not finished. Finish or transfer them first.",
                open_tickets,
                name=place.name,
            )
        )
    return _set_active(session, place, False, actor, now)


def reactivate_place(session: Session, *, place: Place, expected_version: int, actor: Actor, now: dt.datetime) -> Place:
    """Bring a department, room or service back into use."""
    _lock(session, place, expected_version)
    return _set_active(session, place, True, actor, now)


def move_place(session: Session, *, place: Place, up: bool, actor: Actor, now: dt.datetime) -> Place:
    """Let a department, room or service change places with its neighbour; at the end of the list nothing happens."""
    rows = list_siblings(session, place)
    old = rows.index(place)
    new = max(0, old - 1) if up else min(len(rows) - 1, old + 1)
    if new != old:
        rows[old], rows[new] = rows[new], rows[old]
        for position, row in enumerate(rows):
            row.position = position
        _save(session, place, "move", actor, now, {"position": old}, {"position": new}, versioned=False)
    return place


def _add(session: Session, place: Place, details: PlaceDetails, actor: Actor, now: dt.datetime) -> Place:
    _check(session, place, details)
    _apply(place, details)
    place.position = 1 + max((row.position for row in list_siblings(session, place)), default=-1)
    session.add(place)
    _save(session, place, "create", actor, now, None, asdict(details), versioned=False)
    return place


def _check(session: Session, place: Department | Room | Service, details: PlaceDetails) -> None:
    if name_is_taken(session, place, details.name):
        raise Invalid(_("This name is taken."), "name")
    if isinstance(details, ServiceDetails):
        other = find_by_prefix(session, details.ticket_prefix)
        if other is not None and other.id != place.id:
            raise Invalid(_("Tickets of %(service)s begin with these letters.", service=other.name), "ticket_prefix")


def _apply(place: Department | Room | Service, details: PlaceDetails) -> None:
    for name, value in asdict(details).items():
        setattr(place, name, value)


def _lock(session: Session, place: Department | Room | Service, expected_version: int) -> None:
    session.refresh(place, with_for_update=True)
    if place.version != expected_version:
        raise Conflict(_("Somebody changed this meanwhile. This is how it stands now; apply your change again."))


def _set_active(session: Session, place: Place, active: bool, actor: Actor, now: dt.datetime) -> Place:
    if place.is_active != active:
        place.is_active = active
        verb = "reactivate" if active else "deactivate"
        _save(session, place, verb, actor, now, {"is_active": not active}, {"is_active": active})
    return place


def _save(
    session: Session,
    place: Department | Room | Service,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    *,
    versioned: bool = True,
) -> None:
    if versioned:
        place.version += 1
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_("Somebody took this name or these ticket letters meanwhile.")) from error
    noun = type(place).__name__.lower()
    record(session, f"directory.{verb}", noun, place.id, actor=actor, now=now, before=before, after=after)
    live.publish(session, "directory")
