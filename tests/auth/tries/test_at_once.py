"""Guesses that come all at once, on a database of the test's own where commits are real."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from clinic import clock
from clinic.auth import service
from clinic.auth.access import Role
from clinic.auth.models import SignInFailure
from clinic.auth.passwords import hashing
from clinic.config import Settings
from clinic.db import db, transaction
from tests.browser_client import CSRF_SECRET
from tests.databases import own_clinic
from tests.factories import PASSWORD, TESTER
from tests.together import at_once

GUESSES = 150
MEGABYTE = 1024 * 1024


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """A clinic with one nurse."""
    with own_clinic(settings) as app:
        with transaction() as session:
            service.create_user(
                session,
                username="nina",
                display_name="Nina",
                password=PASSWORD,
                roles=[Role.NURSE],
                actor=TESTER,
                now=clock.now(),
            )
        yield app


@pytest.mark.guards("of guesses that come at once no more are judged than of those that come one by one")
def test_of_150_guesses_at_once_eight_are_judged(clinic: Flask) -> None:
    token = URLSafeTimedSerializer(str(clinic.secret_key), salt="wtf-csrf-token").dumps(CSRF_SECRET)

    def send(number: int) -> int:
        client = clinic.test_client()
        with client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF_SECRET
        data = {"csrf_token": token, "username": "nina", "password": f"guess number {number}"}
        return client.post("/auth/sign-in", data=data).status_code

    answers = Counter(at_once(clinic, GUESSES, send))
    assert answers == {422: 8, 429: GUESSES - 8}
    assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 8


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.guards("many passwords checked at once take the memory of two")
def test_hashes_of_many_threads_take_the_memory_of_two() -> None:
    kept = hashing.make_hash(PASSWORD)
    before = _resident()
    with ThreadPoolExecutor(40) as threads:
        assert not any(threads.map(lambda number: hashing.matches(kept, f"guess number {number}"), range(80)))
    # Each thread of its own would keep 19 MB.
    assert _resident() - before < 100 * MEGABYTE
