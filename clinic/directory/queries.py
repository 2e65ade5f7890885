"""Reads of departments, rooms and services."""

from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from clinic.directory.models import Department, Installation, Room, Service
from clinic.errors import NotFound

Place = TypeVar("Place", Department, Room, Service)


def get_installation_name(session: Session) -> str:
    """What names this installation for ever, whatever its host is called: 32 hexadecimal digits."""
    return session.scalars(select(Installation.name)).one()


def list_departments(session: Session) -> list[Department]:
    """Every department in its order, active or not, with its rooms and services: three queries."""
    return list(
        session.scalars(
            select(Department)
            .options(selectinload(Department.rooms), selectinload(Department.services))
            .order_by(Department.position, Department.name)
        )
    )


def list_services(session: Session) -> list[Service]:
    """Active services of active departments, with their department, in the order of the directory."""
    return list(
        session.scalars(
            select(Service)
            .join(Service.department)
            .where(Service.is_active, Department.is_active)
            .options(contains_eager(Service.department))
            .order_by(Department.position, Department.name, Service.position, Service.name)
        )
    )


def get_place(session: Session, model: type[Place], place_id: int) -> Place:
    """A department, room or service, or NotFound."""
    place = session.get(model, place_id)
    if place is None:
        raise NotFound(_("There is no such entry in the directory."))
    return place


def name_is_taken(session: Session, place: Department | Room | Service, name: str) -> bool:
    """Whether another department, or another room or service of the same department, has this name in any case."""
    model = type(place)
    query = select(model.id).where(func.lower(model.name) == name.lower(), model.id != place.id)
    if isinstance(place, Department):
        return session.scalar(query) is not None
    return session.scalar(query.where(type(place).department_id == place.department_id)) is not None


def find_by_prefix(session: Session, prefix: str) -> Service | None:
    """The service whose tickets begin with `prefix`."""
    return session.scalar(select(Service).where(Service.ticket_prefix == prefix))


def list_siblings(session: Session, place: Place) -> list[Place]:
    """What stands in one list with `place`, in its order, itself included; locked until the transaction ends."""
    model = type(place)
    query = select(model).order_by(model.position, model.name, model.id).with_for_update()
    if not isinstance(place, Department):
        query = query.where(type(place).department_id == place.department_id)
    return list(session.scalars(query))
