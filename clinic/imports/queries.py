"""Reads of imports, their refused rows, and where records came from."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from clinic.errors import NotFound
from clinic.imports.models import Import, ImportOrigin, ImportRefusal, ImportState

_CHUNK = 500


@dataclass(frozen=True)
class Origin:
    """What is known of a source record seen before, without the record itself."""

    id: int
    content: bytes
    record_id: int
    version: int
    import_id: int | None


def get_import(session: Session, import_id: int) -> Import:
    """The import as it is now, or NotFound."""
    found = session.get(Import, import_id, populate_existing=True)
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def list_imports(session: Session, *, before: int | None, limit: int) -> list[Import]:
    """Imports, newest first, with who asked for them; `before` is the id to go on after."""
    query = select(Import).options(joinedload(Import.requested_by)).order_by(Import.id.desc()).limit(limit)
    return list(session.scalars(query.where(Import.id < before) if before else query))


def list_failed(session: Session, *, limit: int) -> list[Import]:
    """The latest failed imports."""
    query = select(Import).options(joinedload(Import.requested_by)).where(Import.state == ImportState.FAILED)
    return list(session.scalars(query.order_by(Import.id.desc()).limit(limit)))


def list_leftovers(session: Session, before: dt.datetime) -> list[tuple[int, str]]:
    """Files to be deleted, as (import id, name): of finished imports, and of others untouched since `before`."""
    idle = and_(
        Import.state.in_([ImportState.UPLOADED, ImportState.FAILED, ImportState.CANCELLED]),
        func.coalesce(Import.finished_at, Import.requested_at) < before,
    )
    query = select(Import.id, Import.stored_as).where(or_(Import.state == ImportState.FINISHED, idle))
    return [(i, name) for i, name in session.execute(query.where(Import.stored_as.is_not(None))) if name]


def list_sources(session: Session) -> list[str]:
    """The names of systems that files came from."""
    return list(session.scalars(select(Import.source).distinct().order_by(Import.source).limit(50)))


def list_refusals(session: Session, import_id: int, *, after: int, limit: int) -> list[ImportRefusal]:
    """Refused rows in the order of the file, after line `after`."""
    return list(
        session.scalars(
            select(ImportRefusal)
            .where(ImportRefusal.import_id == import_id, ImportRefusal.line > after)
            .order_by(ImportRefusal.line)
            .limit(limit)
        )
    )


def iterate_refusals(session: Session, import_id: int) -> Iterator[ImportRefusal]:
    """Every refused row, a page at a time."""
    after = 0
    while page := list_refusals(session, import_id, after=after, limit=_CHUNK):
        yield from page
        after = page[-1].line


def find_origins(session: Session, source: str, kind: str, keys: Iterable[bytes]) -> dict[bytes, Origin]:
    """What is known of source records, by the digest of their key."""
    found: dict[bytes, Origin] = {}
    wanted = sorted(set(keys))
    if not wanted:
        return found
    columns = (
        ImportOrigin.key, ImportOrigin.id, ImportOrigin.content, ImportOrigin.patient_id,
        ImportOrigin.practitioner_id, ImportOrigin.version, ImportOrigin.import_id,
    )  # fmt: skip
    query = select(*columns).where(ImportOrigin.source == source, ImportOrigin.kind == kind)
    for chunk in _chunks(wanted):
        for key, origin_id, content, patient_id, practitioner_id, version, import_id in session.execute(
            query.where(ImportOrigin.key.in_(chunk))
        ):
            found[key] = Origin(origin_id, content, patient_id or practitioner_id or 0, version, import_id)
    return found


def _chunks(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
