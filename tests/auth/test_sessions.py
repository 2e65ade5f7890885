import datetime as dt

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.auth.access import Role
from clinic.auth.models import UserSession
from clinic.db import transaction
from tests.browser_client import HTMX, Browser
from tests.factories import Factory


def age_session(session: Session, **shift: dt.timedelta) -> None:
    """Make the session as old as if this much time had passed."""
    with transaction(session):
        row = session.query(UserSession).one()
        for column, delta in shift.items():
            session.execute(update(UserSession).values({column: getattr(row, column) - delta}))


def test_an_idle_session_ends(receptionist: Browser, session: Session) -> None:
    age_session(session, last_seen_at=dt.timedelta(minutes=31))
    assert receptionist.get("/auth/sessions").status_code == 302


def test_an_old_session_ends_however_busy(receptionist: Browser, session: Session) -> None:
    age_session(session, expires_at=dt.timedelta(hours=13))
    assert receptionist.get("/auth/sessions").status_code == 302


def test_an_expired_session_sends_htmx_to_the_sign_in_page(browser: Browser) -> None:
    answer = browser.get("/auth/sessions", headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/auth/sign-in")


def test_one_can_end_ones_other_session_but_nobody_elses(browser: Browser, make: Factory, session: Session) -> None:
    nina, otto = make.user(Role.NURSE, username="nina"), make.user(Role.NURSE, username="otto")
    browser.sign_in(otto)
    browser.sign_in(nina)
    otto_id = session.query(UserSession.id).where(UserSession.user_id == otto.id).scalar()
    browser.post(f"/auth/sessions/{otto_id}/revoke")
    assert session.get_one(UserSession, otto_id).revoked_at is None
    other = browser.sign_in(nina)
    mine = [s.id for s in session.query(UserSession).where(UserSession.user_id == nina.id)]
    other.post(f"/auth/sessions/{mine[0]}/revoke")
    assert session.get_one(UserSession, mine[0]).revoked_at is not None
    assert "this one" in other.page("/auth/sessions")


def test_signing_in_again_gives_a_new_token(browser: Browser, make: Factory, session: Session) -> None:
    nina = make.user(Role.NURSE)
    browser.sign_in(nina)
    browser.sign_in(nina)
    digests = [row.token_digest for row in session.query(UserSession)]
    assert len(set(digests)) == 2


@pytest.mark.parametrize("url", ["/auth/sign-out", "/auth/sessions/1/revoke"])
def test_a_form_without_its_token_is_refused(receptionist: Browser, url: str) -> None:
    assert receptionist.client.post(url).status_code == 400
