"""The database gives nothing to a merged record, whoever writes and however."""

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session

from clinic.db import db, transaction
from clinic.errors import Merged
from clinic.patients.merging.guard import PREFIX
from clinic.patients.merging.references import Reference
from clinic.patients.models import Patient
from tests.patients.merging.records import merge, two_records
from tests.patients.merging.rows import add_row
from tests.patients.merging.test_every_table import MOVING

RULE = "no row of any table is given to a merged record, by the ORM, by a statement, or by an update"


@pytest.mark.guards(RULE)
@pytest.mark.parametrize("reference", MOVING, ids=[reference.name for reference in MOVING])
def test_statements_are_refused(session: Session, reference: Reference) -> None:
    survivor, other = two_records(session)
    with transaction(session):
        key = add_row(session, reference.table, **{reference.column.name: survivor.id})
        of_survivor = reference.table.c[reference.column.name] == survivor.id
        row = session.execute(reference.table.select().where(of_survivor)).mappings().first()
    survivor_id, other_id = survivor.id, other.id
    merge(session, survivor, other)
    assert row is not None
    values = {**row, reference.column.name: other_id}
    with pytest.raises(Merged) as refused, transaction(session):
        session.execute(update(reference.table).where(of_survivor).values({reference.column: other_id}))
    assert refused.value.survivor_id == survivor_id
    with pytest.raises(Merged), transaction(session):
        if reference.table is not Patient.__table__:
            session.execute(delete(reference.table).where(of_survivor))
            session.execute(insert(reference.table).values(values))
        else:
            session.execute(update(reference.table).values({reference.column: other_id}))
    assert key


@pytest.mark.guards("a new table that names a patient is guarded without a line of its own")
def test_every_column_has_its_triggers(app: Flask) -> None:
    wanted = {f"{PREFIX}_{r.table.name}_{r.column.name}_{what}" for r in MOVING for what in ("insert", "update")}
    with app.app_context(), db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        names = "name FROM sqlite_master WHERE type = 'trigger'" if is_sqlite else "tgname FROM pg_trigger"
        found = {name for name in connection.scalars(text(f"SELECT {names}")) if name.startswith(PREFIX)}
    assert found == {name[:63] for name in wanted}
