"""Reads of merges and of the records that live on in another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, joinedload

from clinic.errors import NotFound
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient


@dataclass(frozen=True)
class MergedRecord:
    """A record that lives on in another one; `merge_id` when it was merged into that very one."""

    patient_id: int
    mrn: str
    merge_id: int | None


def list_merged_records(session: Session, survivor_id: int) -> list[MergedRecord]:
    """What lives on in a record, by MRN."""
    is_own = and_(
        PatientMerge.merged_id == Patient.id,
        PatientMerge.survivor_id == survivor_id,
        PatientMerge.undone_at.is_(None),
    )
    query = select(Patient.id, Patient.mrn, PatientMerge.id).outerjoin(PatientMerge, is_own)
    query = query.where(Patient.merged_into_id == survivor_id).order_by(Patient.mrn)
    return [MergedRecord(*row) for row in session.execute(query)]


def get_merge(session: Session, merge_id: int) -> PatientMerge:
    """A merge with both records, or NotFound."""
    merge = session.scalar(_with_records().where(PatientMerge.id == merge_id))
    if merge is None:
        raise NotFound(_("There is no such merge."))
    return merge


def list_merges(session: Session, *, before: int | None, limit: int) -> Sequence[PatientMerge]:
    """Merges with both records and who did it, newest first, undone ones too."""
    query = _with_records().order_by(PatientMerge.id.desc()).limit(limit)
    if before is not None:
        query = query.where(PatientMerge.id < before)
    return session.scalars(query).all()


def _with_records() -> Select[tuple[PatientMerge]]:
    return select(PatientMerge).options(
        joinedload(PatientMerge.survivor),
        joinedload(PatientMerge.merged),
        joinedload(PatientMerge.merged_by),
        joinedload(PatientMerge.undone_by),
    )
