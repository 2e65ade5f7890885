"""Reads for booking: what can be chosen."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.directory.models import Department, Room


def list_room_names(session: Session) -> list[tuple[int, str]]:
    """(id, name and department) of every active room, in the order of the directory."""
    query = select(Room).join(Room.department).where(Room.is_active, Department.is_active)
    rooms = session.scalars(
        query.options(joinedload(Room.department, innerjoin=True)).order_by(
            Department.position, Department.name, Room.position, Room.name
        )
    )
    return [(room.id, f"{room.name} · {room.department.name}") for room in rooms]
