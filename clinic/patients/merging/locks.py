"""Locking two records and everything that names them, whatever order others lock in.

Areas lock rows and patients in orders of their own. A merge needs all of them, so on PostgreSQL it never waits while it
holds one: it takes what it needs at once or lets go and tries again. SQLite has one writer anyway.
"""

import time

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.db import wait_alone
from clinic.errors import Conflict, NotFound
from clinic.patients.merging.references import references
from clinic.patients.models import Patient

# Merges and undos take turns: one may move what another merged earlier, a third record.
_TURN = 7_203_155_002
_PATIENCE = 10.0
_PAUSE = 0.02
_LOCK_NOT_AVAILABLE = "55P03"


def lock_records(session: Session, survivor_id: int, merged_id: int) -> tuple[Patient, Patient]:
    """Both rows, fresh, locked together with what names them. NotFound; Conflict when others never let go."""
    wait_alone(session, _TURN)
    until = time.monotonic() + _PATIENCE
    while (found := _try_lock(session, (survivor_id, merged_id))) is None:
        if time.monotonic() > until:
            raise Conflict(_("Others are working on these records at this moment. Try again."))
        time.sleep(_PAUSE)
    if len(found) < 2:
        raise NotFound(_("There is no such patient."))
    return found[survivor_id], found[merged_id]


def _try_lock(session: Session, ids: tuple[int, int]) -> dict[int, Patient] | None:
    """The records by number, or None, and nothing is locked, when somebody holds one of the rows."""
    query = select(Patient).where(Patient.id.in_(ids)).order_by(Patient.id).with_for_update(nowait=True)
    try:
        with session.begin_nested():
            found = {p.id: p for p in session.scalars(query.execution_options(populate_existing=True))}
            for reference in (r for r in references() if r.moves):
                rows = select(reference.column).where(reference.column.in_(ids))
                session.execute(rows.with_for_update(nowait=True))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return None
    return found
