"""The sample clinic's departments, rooms and services."""

from sqlalchemy.orm import Session

from clinic.directory.models import Department, Room, Service

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


def add_places(session: Session) -> list[Department]:
    """All departments in the order of the reception's board."""
    departments = [
        Department(
            name=name,
            position=position,
            rooms=[Room(name=room) for room in rooms],
            services=[
                Service(name=service, ticket_prefix=prefix, duration_minutes=minutes, price_minor=price)
                for service, prefix, minutes, price in services
            ],
        )
        for position, (name, (rooms, services)) in enumerate(_PLACES.items())
    ]
    session.add_all(departments)
    session.flush()
    return departments
