"""How the pages judge what is typed for a password: counted first, then judged, then taken back when it was right."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request
from flask_babel import gettext as _

from clinic.auth.models import User
from clinic.auth.passwords import hashing
from clinic.auth.queries import find_user
from clinic.auth.tries import service
from clinic.auth.tries.queries import Guess, is_closed
from clinic.auth.tries.service import TooManyTries
from clinic.db import current_session, transaction
from clinic.web.device import known_device


def guess_of(username: str) -> tuple[Guess, User | None]:
    """Who is trying, and the user of that name."""
    user = find_user(current_session(), username)
    user_id = user.id if user else None
    return Guess(username, request.remote_addr or "", user_id, known_device(user_id)), user


def is_right(guess: Guess, password_hash: str | None, password: str, *, now: dt.datetime) -> bool:
    """Whether `password` is the one kept as `password_hash` (None: nobody's).

    Raises TooManyTries, with words for the person, when no more tries are judged. A wrong one is counted and recorded.
    """
    with waiting_in_turn(guess, now=now):
        # First without the turn to write: what is closed stays cheap.
        if is_closed(current_session(), guess, now=now):
            raise TooManyTries("")
        with transaction() as session:
            try_id = service.reserve_try(session, guess, now=now)
        is_it = hashing.matches(password_hash, password)
        with transaction() as session:
            if is_it:
                service.take_back(session, try_id, guess)
            else:
                service.record_refusal(session, guess, "wrong", now=now)
    return is_it


def count_wrong_code(guess: Guess, *, now: dt.datetime) -> None:
    """Count and record a one-time code that was wrong; raises TooManyTries while the address is slowed."""
    with transaction() as session:
        service.count_wrong_code(session, guess, now=now)
        service.record_refusal(session, guess, "wrong code", now=now)


@contextmanager
def waiting_in_turn(guess: Guess, *, now: dt.datetime) -> Iterator[None]:
    """A place among those who wait for a hash. TooManyTries when there is none, or when the block raises it: with words
    for the person, and recorded."""
    try:
        with hashing.place():
            yield
    except hashing.Busy as error:
        _record_once(guess, "busy", now)
        raise TooManyTries(_("Many people are signing in just now. Try again in some seconds.")) from error
    except TooManyTries as error:
        _record_once(guess, "too many", now)
        raise TooManyTries(_too_many(guess)) from error


def _too_many(guess: Guess) -> str:
    if guess.device:
        return str(_("Too many tries. Wait 15 minutes, or ask an administrator for a one-time code."))
    words = _(
        "Too many tries. Wait 15 minutes, sign in where you did before, or ask an administrator for a one-time code."
    )
    return str(words)


class _Recorded:
    """What was recorded a moment ago, so that a flood of refusals is no flood of entries."""

    SECONDS, MOST = 60, 200

    def __init__(self) -> None:
        self._lock, self._until = threading.Lock(), dict[tuple[bytes, str, str], float]()

    def is_news(self, what: tuple[bytes, str, str]) -> bool:
        now = time.monotonic()
        with self._lock:
            self._until = {each: until for each, until in self._until.items() if until > now}
            if what in self._until or len(self._until) >= self.MOST:
                return False
            self._until[what] = now + self.SECONDS
            return True


_recorded = _Recorded()


def _record_once(guess: Guess, why: str, now: dt.datetime) -> None:
    """An entry of a refusal: one per name, address and minute, and at most 200 a minute in a process."""
    if _recorded.is_news((guess.name_digest, guess.ip, why)):
        with transaction() as session:
            service.record_refusal(session, guess, why, now=now)
