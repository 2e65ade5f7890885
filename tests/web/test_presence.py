"""Which requests show that somebody is at the computer, and so keep a session signed in."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic import clock
from clinic.auth.access import Role
from clinic.auth.models import UserSession
from clinic.db import transaction
from tests.browser_client import HTMX, Browser
from tests.factories import Factory

BY_A_PERSON = [{"Sec-Fetch-User": "?1"}, {"Clinic-Person": "1"}]
BY_ITSELF = [{}, HTMX, {"Sec-Fetch-User": "?0"}, {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}]


@pytest.fixture
def everywhere(browser: Browser, make: Factory) -> Browser:
    """Somebody who may open every page."""
    return browser.sign_in(make.user(*Role))


def seen_ago(session: Session, ago: dt.timedelta) -> None:
    with transaction(session):
        session.execute(update(UserSession).values(last_seen_at=clock.now() - ago))


def minutes_since_seen(session: Session) -> float:
    session.expire_all()
    return (clock.now() - session.scalars(select(UserSession.last_seen_at)).one()) / dt.timedelta(minutes=1)


def _requests(app: Flask) -> list[tuple[str, Rule]]:
    """Every method of every view that needs a session."""
    rules = [r for r in app.url_map.iter_rules() if hasattr(app.view_functions[r.endpoint], "access")]
    return [(m, r) for r in rules for m in sorted(r.methods or ()) if m not in ("OPTIONS", "HEAD")]


@pytest.mark.guards("nothing that a page asks for by itself keeps an abandoned computer signed in, whatever its method")
def test_no_view_takes_a_request_for_a_person(app: Flask, everywhere: Browser, session: Session) -> None:
    seen_ago(session, dt.timedelta(minutes=20))
    renewed, asked = [], _requests(app)
    assert len(asked) > 150
    for method, rule in asked:
        values = {name: 1 if "Integer" in type(c).__name__ else "x" for name, c in rule._converters.items()}
        url = (rule.build(values) or ("", ""))[1]
        # Without its token: the gate comes first, and nothing is written.
        with everywhere.client.open(url, method=method, headers=HTMX, buffered=False):
            pass
        if minutes_since_seen(session) < 19:
            renewed.append(f"{method} {url}")
            seen_ago(session, dt.timedelta(minutes=20))
    assert renewed == []


@pytest.mark.parametrize("headers", BY_ITSELF)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_page_sends_by_itself_is_no_person(
    everywhere: Browser, session: Session, headers: dict[str, str], method: str
) -> None:
    seen_ago(session, dt.timedelta(minutes=20))
    data = {"csrf_token": everywhere.token} if method == "POST" else None
    everywhere.client.open("/today", method=method, data=data, headers=headers)
    assert minutes_since_seen(session) > 19


@pytest.mark.guards("a session stays signed in while a person opens pages or presses keys")
@pytest.mark.parametrize("headers", BY_A_PERSON)
def test_what_a_person_does_keeps_the_session(everywhere: Browser, session: Session, headers: dict[str, str]) -> None:
    seen_ago(session, dt.timedelta(minutes=20))
    assert everywhere.get("/auth/present", headers=headers).status_code == 204
    assert minutes_since_seen(session) < 1


def test_a_clock_that_was_put_back_is_followed(everywhere: Browser, session: Session) -> None:
    seen_ago(session, -dt.timedelta(hours=1))
    everywhere.get("/auth/present", headers=BY_A_PERSON[0])
    assert 0 <= minutes_since_seen(session) < 1
