"""What signing in leaves behind is cleared by the clock."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.access import Role
from clinic.auth.jobs import clean_up
from clinic.auth.models import PasswordCode, SignInFailure, User, UserSession
from clinic.db import transaction
from clinic.schedules import SCHEDULES
from tests.factories import Factory
from tests.moved_clock import run_as_believed

DAY = dt.timedelta(days=1)


@pytest.fixture
def nina(make: Factory) -> User:
    return make.user(Role.NURSE, username="nina")


def add_session(session: Session, user_id: int, number: int, began: dt.timedelta, revoked: dt.timedelta | None) -> None:
    now = clock.now()
    row = UserSession(
        token_digest=bytes([number]) * 32,
        user_id=user_id,
        created_at=now + began,
        last_seen_at=now + began,
        expires_at=now + began + DAY / 2,
        revoked_at=None if revoked is None else now + revoked,
        ip="",
        user_agent="",
    )
    session.add(row)


@pytest.mark.guards("sessions and counts of failed sign-ins do not pile up")
def test_what_is_over_is_deleted_and_what_counts_stays(session: Session, nina: User) -> None:
    now = clock.now()
    with transaction(session):
        user_id = session.scalars(select(User.id)).one()
        cases = [(1, -31 * DAY, None), (2, -40 * DAY, -39.9 * DAY), (3, 40 * DAY, None)]
        for number, began, revoked in [*cases, (4, -29 * DAY, None), (5, -DAY / 8, None), (6, -DAY, -DAY / 2)]:
            add_session(session, user_id, number, began, revoked)
        for ago in (-40 * DAY, -DAY / 100, DAY / 100, 2 * DAY):
            session.add(SignInFailure(name_digest=b"x" * 16, ip="", at=now - ago))
        session.add(
            PasswordCode(user_id=user_id, code_digest=b"x" * 32, created_at=now - DAY, expires_at=now - DAY / 9)
        )
    run_as_believed(clean_up)
    run_as_believed(clean_up)
    kept = session.scalars(select(UserSession.token_digest).order_by(UserSession.token_digest))
    assert [digest[0] for digest in kept] == [4, 5, 6]
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 2
    assert session.scalar(select(func.count()).select_from(PasswordCode)) == 0


def test_it_is_run_by_the_schedule() -> None:
    assert "clinic.auth.jobs.clean_up" in {schedule.job for schedule in SCHEDULES}
