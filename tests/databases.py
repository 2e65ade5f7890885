"""Databases of a test's own, where commits are real."""

import dataclasses
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from clinic.config import Settings


@contextmanager
def fresh_database(settings: Settings) -> Iterator[Settings]:
    """Settings that point to an empty database of the same kind, gone afterwards."""
    if settings.is_sqlite:
        with tempfile.TemporaryDirectory() as folder:
            yield dataclasses.replace(settings, database_url=f"sqlite:///{Path(folder)}/clinic.sqlite3")
        return
    url, name = make_url(settings.database_url), f"clinic_{uuid.uuid4().hex[:12]}"
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            own = url.set(database=name).render_as_string(hide_password=False)
            yield dataclasses.replace(settings, database_url=own)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
