"""The sample clinic's departments, rooms and services."""

import datetime as dt

from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.directory.models import Department
from clinic.directory.service import PlaceDetails, ServiceDetails, create_department, create_room, create_service
from clinic.idempotency import key_of

# Department: rooms; services as (name, ticket prefix, minutes, price in cents).
_PLACES: dict[str, tuple[list[str], list[tuple[str, str, int, int]]]] = {
    "General practice": (
        ["Room 1", "Room 2", "Room 3"],
        [("Consultation", "A", 15, 3000), ("Prescription renewal", "R", 5, 1500)],
    ),
    "Paediatrics": (["Room 4", "Room 5"], [("Child consultation", "P", 20, 3500), ("Vaccination", "V", 10, 2000)]),
    "Laboratory": (["Sampling 1", "Sampling 2"], [("Blood test", "L", 10, 1800)]),
    "Cash desk": (["Counter 1"], [("Payment", "C", 5, 0)]),
}


def add_places(session: Session, *, actor: Actor, now: dt.datetime) -> list[Department]:
    """All departments in the order of the reception's board."""
    return [_add_department(session, name, actor, now) for name in _PLACES]


def _add_department(session: Session, name: str, actor: Actor, now: dt.datetime) -> Department:
    rooms, services = _PLACES[name]
    department = create_department(
        session, details=PlaceDetails(name=name), key=key_of(f"sample {name}"), actor=actor, now=now
    )
    for room in rooms:
        create_room(
            session,
            department_id=department.id,
            details=PlaceDetails(name=room),
            key=key_of(f"sample {room}"),
            actor=actor,
            now=now,
        )
    for service, prefix, minutes, price in services:
        create_service(
            session,
            department_id=department.id,
            details=ServiceDetails(
                name=service, ticket_prefix=prefix, duration_minutes=minutes, price_minor=price, currency="EUR"
            ),
            key=key_of(f"sample {service}"),
            actor=actor,
            now=now,
        )
    return department
