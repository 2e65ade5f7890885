"""Event streams end with what allowed them: a session, or a screen's address."""

import datetime as dt
import queue
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import update

from clinic import clock, live
from clinic.auth import service
from clinic.auth.access import Role
from clinic.auth.models import User, UserSession
from clinic.config import Settings
from clinic.db import transaction
from clinic.directory.models import Department
from clinic.queue.devices.queries import digest_token
from clinic.queue.devices.service import renew_token, revoke_device
from clinic.queue.displays.models import Display
from tests.databases import own_clinic
from tests.factories import PASSWORD, TESTER


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """A clinic of its own, where commits are real: streams read in threads of their own."""
    with own_clinic(settings) as app:
        yield app


class Listener:
    """A browser that holds a stream open, in a thread."""

    def __init__(self, app: Flask, url: str, token: str = "") -> None:
        self._heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        client = app.test_client()
        if token:
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True
        self._client, self._url = client, url
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        # Greeted, and told that the subscription has begun.
        self.until(b"all")

    def _listen(self) -> None:
        with self._client.get(self._url, buffered=False) as answer:
            assert answer.status_code == 200
            for part in answer.response:
                self._heard.put(part if isinstance(part, bytes) else part.encode())

    def until(self, words: bytes) -> None:
        while words not in self._heard.get(timeout=20):
            pass

    def is_open(self) -> bool:
        return self._thread.is_alive()

    def ends(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


def signed_in() -> tuple[int, str]:
    """The id of a new nurse's session and its token."""
    now = clock.now()
    with transaction() as session:
        user = service.create_user(
            session,
            username="nina",
            display_name="Nina",
            password=PASSWORD,
            roles=[Role.NURSE],
            actor=TESTER,
            now=now,
        )
        token = service.start_session(session, user=user, ip="", user_agent="", lifetime=3600, now=now)
        return session.query(UserSession).one().id, token


def sign_out(session_id: int) -> None:
    with transaction() as session:
        user = session.query(User).one()
        service.revoke_session(session, session_id=session_id, actor=user, now=clock.now())


def disable(_session_id: int) -> None:
    with transaction() as session:
        service.disable_user(session, user=session.query(User).one(), actor=TESTER, now=clock.now())


@pytest.mark.guards("what a browser hears ends at once when its session is ended")
@pytest.mark.parametrize("end", [sign_out, disable])
def test_a_stream_ends_with_its_session(clinic: Flask, end: Callable[[int], None]) -> None:
    session_id, token = signed_in()
    listener = Listener(clinic, "/live", token)
    with transaction() as session:
        live.publish(session, "queue:1", "session:999")
    listener.until(b"queue:1")
    assert listener.is_open()
    end(session_id)
    assert listener.ends(20)


@pytest.mark.guards("what a browser hears ends within seconds also when no event can tell that its session is over")
def test_a_session_that_ran_out_ends_its_stream(clinic: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "ASK_SECONDS", 0)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    _session_id, token = signed_in()
    listener = Listener(clinic, "/live", token)
    listener.until(b"ping")
    with transaction() as session:
        session.execute(update(UserSession).values(last_seen_at=clock.now() - dt.timedelta(hours=1)))
    assert listener.ends(20)


def renew(display_id: int) -> None:
    with transaction() as session:
        renew_token(session, Display, device_id=display_id, actor=TESTER, now=clock.now())


def revoke(display_id: int) -> None:
    with transaction() as session:
        revoke_device(session, Display, device_id=display_id, actor=TESTER, now=clock.now())


@pytest.mark.guards("a screen whose address was ended hears no more")
@pytest.mark.parametrize("end", [renew, revoke])
def test_a_screens_stream_ends_with_its_address(clinic: Flask, end: Callable[[int], None]) -> None:
    with transaction() as session:
        session.add(Department(id=1, name="General practice"))
        session.flush()
        display = Display(name="Hall", token_digest=digest_token("a-token"), created_at=clock.now())
        display.departments = [session.get_one(Department, 1)]
        session.add(display)
        session.flush()
        display_id = display.id
    listener = Listener(clinic, "/display/a-token/live")
    end(display_id)
    assert listener.ends(20)
