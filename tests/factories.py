"""Rows for tests: named defaults, real services."""

import datetime as dt
import itertools
from typing import Any

from sqlalchemy.orm import Session

from clinic.audit.service import SystemActor
from clinic.auth import service as auth
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.db import transaction
from clinic.directory.models import Department, Room, Service

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
TESTER = SystemActor("test")


class Factory:
    """One per test; every method commits, so that views see the rows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = itertools.count(1)

    def user(self, *roles: Role, username: str | None = None, name: str = "Ana Reception") -> User:
        with transaction(self.session) as session:
            return auth.create_user(
                session,
                username=username or f"user{next(self._numbers)}",
                display_name=name,
                password=PASSWORD,
                roles=list(roles or (Role.RECEPTIONIST,)),
                actor=TESTER,
                now=NOW,
            )

    def department(self, name: str = "General practice", **values: Any) -> Department:
        return self._save(Department(name=name, **values))

    def room(self, department: Department, name: str = "Room 1", **values: Any) -> Room:
        return self._save(Room(department_id=department.id, name=name, **values))

    def service(self, department: Department, name: str = "Consultation", prefix: str = "A", **values: Any) -> Service:
        return self._save(Service(department_id=department.id, name=name, ticket_prefix=prefix, **values))

    def _save(self, row: Any) -> Any:
        with transaction(self.session) as session:
            session.add(row)
        return row
