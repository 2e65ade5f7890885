"""Setting a password with a one-time code, and changing one's own."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.auth.models import PasswordCode, User
from clinic.auth.passwords.service import give_code
from clinic.db import transaction
from tests.browser_client import Browser
from tests.factories import PASSWORD, TESTER, Factory

NEW = "tangerine harbour light"


def code_for(session: Session, user: User) -> str:
    day = dt.timedelta(days=1)
    with transaction(session) as write:
        owner = write.get_one(User, user.id)
        return give_code(write, user=owner, lifetime=day, actor=TESTER, now=clock.now())


def use(
    browser: Browser, code: str, username: str = "nina", password: str = NEW, ip: str = "127.0.0.1"
) -> TestResponse:
    data = {"username": username, "password_code": code, "password": password, "password_again": password}
    return browser.post("/auth/password/code", data, environ_base={"REMOTE_ADDR": ip})


def change(browser: Browser, present: str = PASSWORD, password: str = NEW, again: str | None = None) -> TestResponse:
    data = {"present_password": present, "password": password, "password_again": again or password}
    return browser.post("/auth/password", data)


def sign_in(browser: Browser, password: str, username: str = "nina") -> int:
    return browser.post("/auth/sign-in", {"username": username, "password": password}).status_code


@pytest.fixture
def nina(make: Factory) -> User:
    return make.user(Role.NURSE, username="nina")


@pytest.mark.guards("a one-time code sets a password once, and signs its user out everywhere else")
def test_a_code_sets_the_password_once(app: Flask, browser: Browser, session: Session, nina: User) -> None:
    elsewhere = Browser(app, session).sign_in(nina)
    code = code_for(session, nina)
    assert "Set your password" in browser.page("/auth/password/code")
    assert use(browser, code.lower().replace("-", " ")).status_code == 303
    assert browser.get("/auth/sessions").status_code == 200
    assert elsewhere.get("/auth/sessions").status_code == 302
    stranger = Browser(app, session)
    assert use(stranger, code, password="another good harbour").status_code == 422
    assert sign_in(Browser(app, session), PASSWORD) == 422
    assert sign_in(Browser(app, session), NEW) == 303


@pytest.mark.guards("a one-time code is good for its own user, for its time, and while the user is active")
def test_a_code_that_is_not_good(browser: Browser, session: Session, nina: User, make: Factory) -> None:
    otto = make.user(Role.NURSE, username="otto")
    code = code_for(session, nina)
    assert use(browser, code, username="otto").status_code == 422
    assert use(browser, code, username="nobody").status_code == 422
    with transaction(session):
        session.execute(update(PasswordCode).values(expires_at=clock.now() - dt.timedelta(seconds=1)))
    answer = use(browser, code)
    assert answer.status_code == 422
    assert "has run out" in answer.text
    assert 'value="nina"' in answer.text
    late = code_for(session, otto)
    with transaction(session):
        session.execute(update(User).values(is_active=False))
    assert use(browser, late, username="otto").status_code == 422


def test_an_easy_password_does_not_use_the_code_up(browser: Browser, session: Session, nina: User) -> None:
    code = code_for(session, nina)
    answer = use(browser, code, password="password1234")
    assert answer.status_code == 422
    assert 'href="#password"' in answer.text
    assert use(browser, code).status_code == 303


@pytest.mark.guards("wrong codes are counted per address, and keep nobody elsewhere from using theirs")
def test_wrong_codes_slow_their_address_only(app: Flask, session: Session, nina: User) -> None:
    code, guessing = code_for(session, nina), Browser(app, session)
    answers = [use(guessing, f"AAAA-{number:04d}").status_code for number in range(41)]
    assert answers == [422] * 40 + [429]
    assert use(Browser(app, session), code, ip="192.0.2.7").status_code == 303


def test_strangers_who_guess_the_password_do_not_keep_the_code_from_working(
    app: Flask, session: Session, nina: User
) -> None:
    stranger = Browser(app, session)
    assert [sign_in(stranger, "wrong") for _ in range(9)] == [422] * 8 + [429]
    own = Browser(app, session)
    assert sign_in(own, PASSWORD) == 429
    assert use(own, code_for(session, nina)).status_code == 303
    own.post("/auth/sign-out")
    with own.client.session_transaction() as cookie:
        cookie["csrf_token"] = "0123456789abcdef0123456789abcdef01234567"
    assert sign_in(own, NEW) == 303


@pytest.mark.guards("changing one's password needs the present one and ends every other session")
def test_changing_ones_own(app: Flask, browser: Browser, session: Session, nina: User) -> None:
    elsewhere = Browser(app, session).sign_in(nina)
    browser.sign_in(nina)
    assert "Change your password" in browser.page("/auth/password")
    refused = change(browser, present="not it at all")
    assert refused.status_code == 422
    assert "not your present password" in refused.text
    assert elsewhere.get("/auth/sessions").status_code == 200
    assert change(browser).status_code == 303
    assert browser.get("/auth/sessions").status_code == 200
    assert elsewhere.get("/auth/sessions").status_code == 302
    assert sign_in(Browser(app, session), NEW) == 303
    actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.seq)]
    assert {"users.change_password", "sessions.end", "sessions.refuse"} <= set(actions)


def test_the_new_password_is_typed_twice_and_is_a_good_one(browser: Browser, nina: User) -> None:
    browser.sign_in(nina)
    assert "not the same as above" in change(browser, again="tangerine harbour night").text
    assert "must not contain" in change(browser, password="nina and the harbour").text
    assert sign_in(browser, PASSWORD) in (302, 303)


@pytest.mark.guards("at an abandoned computer the present password cannot be guessed at will")
def test_guesses_at_the_present_password_are_limited(browser: Browser, nina: User) -> None:
    browser.sign_in(nina)
    answers = [change(browser, present="not it at all").status_code for _ in range(9)]
    assert answers == [422] * 8 + [429]
    assert change(browser).status_code == 429


def test_blanks_in_a_password_are_kept_as_typed(browser: Browser, app: Flask, session: Session, nina: User) -> None:
    spaced = " tangerine  harbour "
    assert use(browser, code_for(session, nina), password=spaced).status_code == 303
    assert sign_in(Browser(app, session), spaced.strip()) == 422
    assert sign_in(Browser(app, session), spaced) == 303
