"""What stands in cookies, how long they are good, and what is left in a browser."""

import base64
import datetime as dt
import zlib

import pytest
from flask import Flask
from flask import session as flask_session
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.auth.models import UserSession
from clinic.db import transaction
from clinic.web import cookies
from tests.browser_client import Browser


def readable(client: FlaskClient, name: str = "clinic") -> str:
    """What anybody at the computer reads in the session cookie: it is signed, not sealed."""
    cookie = client.get_cookie(name)
    assert cookie is not None
    packed = cookie.value.startswith(".")
    payload = cookie.value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(raw) if packed else raw).decode()


@pytest.mark.guards("no word about a patient stands readable in a cookie, whatever a message says")
def test_a_message_for_the_next_page_is_sealed_in_the_cookie(receptionist: Browser) -> None:
    form = {"family_name": "Quillfeather", "given_name": "Ada", "idempotency_key": "0123456789abcdef0123"}
    answer = receptionist.post("/patients/new", form)
    assert answer.status_code == 303
    assert "Quillfeather" not in readable(receptionist.client)
    assert "Registered" not in readable(receptionist.client)
    page = receptionist.page(answer.headers["Location"])
    assert "Registered with MRN" in page
    assert "Registered with MRN" not in receptionist.page(answer.headers["Location"])


def test_a_message_that_does_not_open_is_left_out(receptionist: Browser) -> None:
    with receptionist.client.session_transaction() as cookie:
        cookie["_flashes"] = [("message", "bm90IHNlYWxlZA=="), ("message", "%%%")]
    assert "%%%" not in receptionist.page("/auth/sessions")


@pytest.mark.guards("a server's clock that is put back by an hour signs nobody out")
def test_a_cookie_from_the_future_is_good(
    receptionist: Browser, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = dt.timedelta(hours=1)
    with monkeypatch.context() as patch:
        real = TimestampSigner.get_timestamp
        patch.setattr(TimestampSigner, "get_timestamp", lambda self: real(self) + int(ahead.total_seconds()))
        with receptionist.client.session_transaction() as cookie:
            cookie["touched"] = True
    with transaction(session):
        session.execute(update(UserSession).values(last_seen_at=clock.now() + ahead, created_at=clock.now() + ahead))
    assert receptionist.get("/auth/sessions").status_code == 200


def test_a_session_begun_days_ahead_ends_when_the_clock_is_right_again(receptionist: Browser, session: Session) -> None:
    ahead = clock.now() + dt.timedelta(days=40)
    with transaction(session):
        session.execute(update(UserSession).values(last_seen_at=ahead, expires_at=ahead + dt.timedelta(hours=12)))
    assert receptionist.get("/auth/sessions").status_code == 302


def test_a_cookie_that_was_changed_is_none(receptionist: Browser) -> None:
    cookie = receptionist.client.get_cookie("clinic")
    assert cookie is not None
    receptionist.client.set_cookie("clinic", cookie.value[:-3] + "abc")
    assert receptionist.get("/auth/sessions").status_code == 302


@pytest.mark.guards("over HTTPS the session cookie is bound to this host and never sent in clear")
def test_the_cookies_name_binds_it_to_the_host() -> None:
    app = Flask("cookies only")
    app.secret_key = "not a secret"
    cookies.install(app, https=True)
    app.add_url_rule("/", view_func=lambda: flask_session.update(kept="something") or "")
    answer = app.test_client().get("/", base_url="https://clinic.example.org")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-clinic=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert not any(part.startswith("Domain") for part in parts)


def test_without_https_the_name_is_plain(app: Flask, browser: Browser) -> None:
    assert app.config["SESSION_COOKIE_NAME"] == "clinic"
    assert browser.get("/auth/sign-in").headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.guards("signing out tells the browser to forget what our pages stored in it")
def test_signing_out_clears_the_browsers_storage_and_keeps_the_device(receptionist: Browser) -> None:
    answer = receptionist.post("/auth/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
