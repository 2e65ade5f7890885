"""What the database needs now and then."""

from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from clinic.audit.trusted_clock import whatever_the_clock
from clinic.db import WAL_BYTES, db

_WORTH_IT = WAL_BYTES // 4


@whatever_the_clock("it looks at the size of a file, not at the time")
def shorten_write_log() -> None:
    """Make SQLite's log of writes short again after a long reader let it grow.

    Writers wait only for what came since the first of the two steps; where somebody still reads, the next run does it.
    """
    path = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or path is None:
        return
    log = Path(f"{path}-wal")
    if not log.exists() or log.stat().st_size < _WORTH_IT:
        return
    with closing(sqlite.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
