"""Rebuilding a table on SQLite (Alembic's batch mode) without losing what batch mode drops with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text


@contextmanager
def keeping_triggers(table: str) -> Iterator[None]:
    """Make the triggers of `table` again that were dropped inside the block, as those of the full-text index."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        yield
        return
    query = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    before = list(connection.scalars(query, {"table": table}))
    yield
    left = set(connection.scalars(query, {"table": table}))
    for statement in before:
        if statement not in left:
            connection.exec_driver_sql(statement)
