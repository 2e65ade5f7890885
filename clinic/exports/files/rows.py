"""From one snapshot of the database into one file."""

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection, Engine

from clinic.exports.datasets.columns import Filling
from clinic.exports.files.cells import RowFile

BATCH_ROWS = 2000


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection of its own that sees the database as it is now, until the block ends."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # Closed afterwards, not given back to the pool: its settings are for one long read only.
        connection.detach()
        if connection.dialect.name == "sqlite":
            # In WAL mode one read transaction is a snapshot from its first read on. Mapped pages would count as this
            # process's memory, up to the size of the database.
            connection.exec_driver_sql("PRAGMA mmap_size=0")
        yield connection


def count_rows(connection: Connection, query: Select[tuple[object]]) -> int:
    """How many rows `query` has."""
    return connection.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def copy_rows(
    connection: Connection, query: Select[tuple[object]], filling: Filling, file: RowFile
) -> Generator[int, None, None]:
    """Stream the rows of `query` (which selects what `filling` reads) into `file`; gives, after each batch, how many
    rows are written."""
    rows = 0
    streaming = connection.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS)
    with streaming.execute(query) as result, _collector_at_rest():
        for batch in result.partitions(BATCH_ROWS):
            file.write_batch(filling.fill(batch))
            rows += len(batch)
            yield rows
        file.finish()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for reference cycles, a sixth of the time: rows and texts form none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
