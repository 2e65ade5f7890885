"""What browsers are told of a clinic that is served by HTTPS."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic import create_app
from clinic.config import Settings
from clinic.extensions import talisman

HOST = "clinic.example.org"


@pytest.fixture
def secure(settings: Settings, app: Flask) -> Iterator[FlaskClient]:
    """A stranger at the clinic's HTTPS address."""
    # The extension keeps what it was told of the latest app: other tests go on with theirs.
    before = dict(vars(talisman))
    own = create_app(dataclasses.replace(settings, https=True, trusted_hosts=(HOST,)))
    with own.test_client() as client:
        yield client
    vars(talisman).update(before)


def cookies(client: FlaskClient) -> list[str]:
    return client.get("/auth/sign-in", base_url=f"https://{HOST}").headers.getlist("Set-Cookie")


@pytest.mark.guards("the cookie of a session never travels unencrypted, and no script reads it")
def test_every_cookie_is_for_https_only(secure: FlaskClient) -> None:
    found = cookies(secure)
    assert found
    for cookie in found:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes, cookie


@pytest.mark.guards("a browser that has been here over HTTPS never comes without it again, for a year")
def test_browsers_are_told_to_stay_with_https(secure: FlaskClient) -> None:
    policy = secure.get("/auth/sign-in", base_url=f"https://{HOST}").headers["Strict-Transport-Security"]
    assert int(policy.partition("max-age=")[2].partition(";")[0]) >= 365 * 24 * 3600


@pytest.mark.guards("plain HTTP is sent on to HTTPS")
def test_plain_http_is_sent_on(secure: FlaskClient) -> None:
    answer = secure.get("/auth/sign-in", base_url=f"http://{HOST}")
    assert answer.status_code in (301, 302, 308)
    assert answer.headers["Location"] == f"https://{HOST}/auth/sign-in"
