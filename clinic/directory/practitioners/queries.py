"""Reads of practitioners."""

from flask_babel import gettext as _
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, selectinload

from clinic.directory.models import Practitioner, PractitionerCredential
from clinic.errors import NotFound
from clinic.names import fold
from clinic.paging import Place


def get_practitioner(session: Session, practitioner_id: int, *, lock: bool = False) -> Practitioner:
    """The practitioner with credentials, or NotFound. With `lock` nobody else changes it until the end."""
    practitioner = session.get(
        Practitioner,
        practitioner_id,
        options=[selectinload(Practitioner.credentials)],
        with_for_update=lock or None,
        populate_existing=True,
    )
    if practitioner is None:
        raise NotFound(_("There is no such practitioner."))
    return practitioner


def search_practitioners(session: Session, typed: str, place: Place, *, limit: int) -> list[Practitioner]:
    """By name, those whose name has a word beginning with each typed word; everyone for no word.

    `place` holds (sort_name, id) of the row after which to go on; backwards the nearest come first.
    """
    query = select(Practitioner).options(selectinload(Practitioner.credentials)).limit(limit)
    for word in fold(typed).split():
        query = query.where((" " + Practitioner.sort_name).contains(f" {word}", autoescape=True))
    key = tuple_(Practitioner.sort_name, Practitioner.id)
    if place.values:
        query = query.where(key < place.values if place.backwards else key > place.values)
    order = (Practitioner.sort_name, Practitioner.id)
    return list(session.scalars(query.order_by(*(c.desc() for c in order) if place.backwards else order)))


def find_by_credential(session: Session, system: str, value: str) -> Practitioner | None:
    """The practitioner who holds a professional number."""
    return session.scalar(
        select(Practitioner)
        .join(Practitioner.credentials)
        .where(PractitionerCredential.system == system, PractitionerCredential.value == value)
    )


def list_practitioner_names(session: Session) -> list[tuple[int, str]]:
    """(id, name) of everyone who works here, in name order: the choices of a select."""
    query = select(Practitioner.id, Practitioner.display_name).where(Practitioner.is_active)
    return [(row.id, row.display_name) for row in session.execute(query.order_by(Practitioner.sort_name))]
