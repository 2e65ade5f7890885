"""How often one may guess, from where, and that nobody is shut out by strangers."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.auth.models import SignInFailure
from clinic.auth.passwords import hashing
from clinic.auth.tries.judging import _recorded
from clinic.db import transaction
from tests.browser_client import Browser
from tests.factories import PASSWORD, Factory


@pytest.fixture(autouse=True)
def nothing_recorded_yet() -> None:
    """Refusals of one kind are recorded once a minute in a process: each test begins with a new minute."""
    _recorded._until.clear()


def guess(browser: Browser, username: str = "nina", password: str = "wrong", ip: str = "127.0.0.1") -> TestResponse:
    data = {"username": username, "password": password}
    return browser.post("/auth/sign-in", data, environ_base={"REMOTE_ADDR": ip})


def exhaust(browser: Browser, username: str = "nina") -> None:
    assert [guess(browser, username).status_code for _ in range(9)] == [422] * 8 + [429]


@pytest.fixture
def device(app: Flask, session: Session, make: Factory) -> Browser:
    """Where the nurse has signed in before."""
    make.user(Role.NURSE, username="nina")
    own = Browser(app, session)
    assert guess(own, password=PASSWORD).status_code == 303
    own.post("/auth/sign-out")
    return renewed(own)


def renewed(browser: Browser) -> Browser:
    """The same browser after signing out: with the token of a new form."""
    with browser.client.session_transaction() as cookie:
        cookie["csrf_token"] = "0123456789abcdef0123456789abcdef01234567"
    return browser


@pytest.mark.guards("strangers who guess shut nobody out of a device on which they signed in before")
def test_strangers_close_a_name_for_strangers_only(browser: Browser, device: Browser) -> None:
    exhaust(browser)
    assert guess(browser, password=PASSWORD, ip="192.0.2.7").status_code == 429
    assert guess(device, password=PASSWORD).status_code == 303


def test_a_known_device_has_a_limit_too_and_leaves_the_others_alone(browser: Browser, device: Browser) -> None:
    exhaust(device)
    assert guess(device, password=PASSWORD).status_code == 429
    assert guess(browser, password=PASSWORD).status_code == 303


@pytest.mark.guards("an account of one's own gives no further guesses at the accounts of others")
def test_a_device_is_known_only_for_those_who_signed_in_on_it(device: Browser, browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="otto")
    exhaust(browser, "otto")
    assert guess(device, "otto", PASSWORD).status_code == 429


def test_a_device_cookie_that_was_made_up_is_no_device(browser: Browser, device: Browser) -> None:
    exhaust(browser)
    browser.client.set_cookie("clinic-device", "eyJpZCI6IngiLCJ1c2VycyI6WzFdfQ.AAAA")
    assert guess(browser, password=PASSWORD).status_code == 429


def test_the_device_cookie_lasts_and_no_script_reads_it(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    guess(browser, password=PASSWORD)
    cookie = browser.client.get_cookie("clinic-device")
    assert cookie is not None
    assert cookie.http_only
    assert (cookie.same_site, cookie.max_age) == ("Lax", 400 * 86400)
    assert "nina" not in cookie.value


@pytest.mark.guards("many wrong names from one address slow new devices there, and nobody else")
def test_an_address_is_slowed_not_shut(browser: Browser, device: Browser, session: Session) -> None:
    for number in range(40):
        assert guess(browser, f"name{number}").status_code == 422
    assert guess(browser, "one-more").status_code == 429
    assert guess(device, password=PASSWORD).status_code == 303
    assert guess(browser, "one-more", ip="192.0.2.7").status_code == 422
    shift(session, dt.timedelta(minutes=2))
    assert [guess(browser, f"later{number}").status_code for number in range(5)] == [422] * 4 + [429]


def shift(session: Session, by: dt.timedelta) -> None:
    """Let all tries have been that much earlier."""
    at = clock.now() - by
    with transaction(session):
        session.execute(update(SignInFailure).values(at=at))


def test_after_the_window_one_may_try_again(browser: Browser, make: Factory, session: Session) -> None:
    make.user(Role.NURSE, username="nina")
    exhaust(browser)
    shift(session, dt.timedelta(minutes=16))
    assert guess(browser, password=PASSWORD).status_code == 303


@pytest.mark.guards("tries that a wrong clock put into the future shut nobody out once it is right again")
def test_what_lies_in_the_future_does_not_count(browser: Browser, make: Factory, session: Session) -> None:
    make.user(Role.NURSE, username="nina")
    exhaust(browser)
    shift(session, -dt.timedelta(days=40))
    assert guess(browser, password=PASSWORD).status_code == 303


def test_a_right_password_takes_ones_own_slips_back(browser: Browser, make: Factory, session: Session) -> None:
    make.user(Role.NURSE, username="nina")
    make.user(Role.NURSE, username="otto")
    for name in ("nina", "nina", "otto"):
        guess(browser, name)
    guess(browser, password=PASSWORD)
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 1


@pytest.mark.guards("more than a few who wait for a password's check are told at once to come again")
def test_when_too_many_wait_the_next_is_told_at_once(browser: Browser, device: Browser, session: Session) -> None:
    desk = hashing._Current.desk
    taken = [desk.places.acquire(blocking=False) for _ in range(hashing.AT_ONCE + hashing.WAITING)]
    assert all(taken)
    try:
        answer = guess(device, password=PASSWORD)
    finally:
        for _ in taken:
            desk.places.release()
    assert answer.status_code == 429
    assert "some seconds" in answer.text
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 0
    assert guess(device, password=PASSWORD).status_code == 303


def entries(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).filter_by(action="sessions.refuse").order_by(AuditEntry.seq)))


@pytest.mark.guards("a failed sign-in is recorded with whom it was aimed at, and never with what was typed")
def test_a_wrong_password_is_recorded_with_the_user(browser: Browser, make: Factory, session: Session) -> None:
    nina = make.user(Role.NURSE, username="nina")
    guess(browser, "NINA", "Summer2026!!", ip="192.0.2.7")
    (entry,) = entries(session)
    assert (entry.entity, entry.entity_id) == ("user", nina.id)
    assert entry.after == {"ip": "192.0.2.7", "why": "wrong", "known_device": False}


def test_a_name_that_nobody_has_is_recorded_as_a_keyed_digest(browser: Browser, session: Session) -> None:
    typed = "My secret passphrase"
    guess(browser, typed)
    guess(browser, typed.upper())
    first, second = entries(session)
    assert first.entity_id is None
    assert first.after["name_digest"] == second.after["name_digest"]
    assert len(first.after["name_digest"]) == 32
    assert "secret" not in str([first.after, second.after])


def test_refusals_without_judging_are_recorded_once_a_minute(browser: Browser, make: Factory, session: Session) -> None:
    nina = make.user(Role.NURSE, username="nina")
    exhaust(browser)
    for _ in range(5):
        guess(browser)
    refused = [entry for entry in entries(session) if entry.after["why"] == "too many"]
    assert [entry.entity_id for entry in refused] == [nina.id]
