"""Nothing new may refer to a merged record, whichever area writes it.

Services ask get_patient() or lock_patient(), which raise Merged. This is the net below them: it looks at what each
flush wrote, after the foreign key made the writer wait for a merge under way.
"""

from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import event, select
from sqlalchemy.orm import Mapper, Session, UOWTransaction, object_mapper
from sqlalchemy.orm.attributes import instance_dict

from clinic.errors import Merged
from clinic.patients.merging.references import references
from clinic.patients.models import Patient


def install() -> None:
    """Watch every session of this process."""
    if not event.contains(Session, "after_flush", refuse_merged):
        event.listen(Session, "after_flush", refuse_merged)


def refuse_merged(session: Session, _context: UOWTransaction) -> None:
    """Raise Merged when a row was just given to a record that lives on in another one."""
    named = {value for row in (*session.new, *session.dirty) for value in _patients_of(row)}
    if not named:
        return
    query = select(Patient.merged_into_id).where(Patient.id.in_(named), Patient.merged_into_id.is_not(None)).limit(1)
    survivor_id = session.connection().scalar(query)
    if survivor_id is not None:
        raise Merged(_("This record was merged into another one."), survivor_id)


def _patients_of(row: Any) -> set[int]:
    values = instance_dict(row)
    return {value for key in _attributes(object_mapper(row)) if (value := values.get(key)) is not None}


@lru_cache(maxsize=500)
def _attributes(mapper: Mapper[Any]) -> tuple[str, ...]:
    """The attributes of a class that name a patient and move when two are merged."""
    moving = {reference.column for reference in references() if reference.moves}
    return tuple(mapper.get_property_by_column(column).key for column in mapper.columns if column in moving)
