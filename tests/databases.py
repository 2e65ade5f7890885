"""Databases of a test's own, where commits are real."""

import dataclasses
import functools
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.engine import make_url

from clinic import create_app
from clinic.config import Settings
from clinic.db import db


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


@contextmanager
def own_clinic(settings: Settings, **changed: Any) -> Iterator[Flask]:
    """An app with its context on a migrated database of its own; `changed` settings are not as everywhere."""
    with fresh_database(settings) as own:
        if own.is_sqlite:
            _file_of(own).write_bytes(_migrated(settings))
        with _running(dataclasses.replace(own, **changed)) as app:
            if not own.is_sqlite:
                upgrade()
            yield app


@contextmanager
def _running(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@functools.cache
def _migrated(settings: Settings) -> bytes:
    """The file of an empty clinic: on SQLite a copy takes the place of running every migration once more."""
    with fresh_database(settings) as own:
        with _running(own):
            upgrade()
        return _file_of(own).read_bytes()


def _file_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))
