"""Reads of exports. Whoever may not see an export is told that there is none."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from clinic.auth.models import User
from clinic.errors import NotFound, NotYours
from clinic.exports.datasets.dataset import Dataset
from clinic.exports.datasets.registry import DATASETS
from clinic.exports.models import Export, ExportState

ENDED_STATES = (ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED)


def datasets_for(user: User) -> list[Dataset]:
    """What this person may export."""
    return [dataset for dataset in DATASETS.values() if user.may(dataset.permission)]


def _visible(user: User) -> Select[tuple[Export]]:
    """One's own exports; every one's for managers; never of rows one may not see (any more)."""
    kinds = [dataset.kind for dataset in datasets_for(user)]
    query = select(Export).options(joinedload(Export.requested_by)).where(Export.kind.in_(kinds))
    return query if user.may("exports.manage") else query.where(Export.requested_by_id == user.id)


def get_export(session: Session, export_id: int, user: User) -> Export:
    """The export, or NotFound when there is none that this person may see."""
    found = session.scalar(_visible(user).where(Export.id == export_id))
    if found is None:
        is_others = session.get(Export, export_id) is not None
        raise (NotYours if is_others else NotFound)(_("There is no such export."))
    return found


def list_exports(session: Session, user: User, *, before: int | None, limit: int) -> list[Export]:
    """At most `limit` exports older than number `before`, newest first."""
    query = _visible(user).order_by(Export.id.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(Export.id < before)))


def list_failed(session: Session, *, limit: int) -> Sequence[Export]:
    """The latest failed exports."""
    query = select(Export).options(joinedload(Export.requested_by)).where(Export.state == ExportState.FAILED)
    return session.scalars(query.order_by(Export.id.desc()).limit(limit)).all()


def list_expiring(session: Session, now: dt.datetime) -> Sequence[int]:
    """Numbers of finished exports whose time is over."""
    query = select(Export.id).where(Export.state == ExportState.FINISHED, Export.expires_at <= now)
    return session.scalars(query.order_by(Export.id)).all()


def list_leftovers(session: Session) -> Sequence[tuple[int, str]]:
    """(number, stored file) of exports that ended but may still have a file."""
    query = select(Export.id, Export.stored_as).where(Export.state.in_(ENDED_STATES), Export.stored_as.is_not(None))
    return [(export_id, name) for export_id, name in session.execute(query.order_by(Export.id)).all() if name]
