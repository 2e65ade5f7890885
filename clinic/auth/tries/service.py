"""Counting tries. A try is counted before it is judged and taken back when it was right: whoever comes at once with a
hundred guesses finds the count full, as if they had come one by one."""

import datetime as dt

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from clinic.audit.service import SystemActor, record
from clinic.auth.models import SignInFailure
from clinic.auth.tries.queries import WINDOW, Guess, is_address_slowed, is_closed
from clinic.db import wait_alone

# Counts are kept for a day, for whoever looks into an attack.
KEPT = dt.timedelta(days=1)
_LOCK = 7_203_155_002
_SIGN_IN = SystemActor("sign-in")


class TooManyTries(Exception):
    """No further try is judged for the moment."""


def reserve_try(session: Session, guess: Guess, *, now: dt.datetime) -> int:
    """Count a try that is going to be judged; returns its id for take_back(). TooManyTries when the count is full."""
    wait_alone(session, _LOCK)
    if is_closed(session, guess, now=now):
        raise TooManyTries("Too many tries.")
    return _count(session, guess, now)


def count_wrong_code(session: Session, guess: Guess, *, now: dt.datetime) -> None:
    """Count a one-time code that was wrong. TooManyTries while the address is slowed: no more, as codes are too long to
    be guessed, and nobody shall keep others from using theirs."""
    wait_alone(session, _LOCK)
    if is_address_slowed(session, guess.ip, now=now):
        raise TooManyTries("Too many tries.")
    _count(session, guess, now)


def _count(session: Session, guess: Guess, now: dt.datetime) -> int:
    row = SignInFailure(name_digest=guess.name_digest, device_digest=guess.device, ip=guess.ip, at=now)
    session.add(row)
    session.flush()
    return row.id


def take_back(session: Session, try_id: int, guess: Guess) -> None:
    """The try was right: it counts no more, nor do slips of the same device (of the same address, for a new device)."""
    of_device = SignInFailure.device_digest == guess.device
    of_address = SignInFailure.device_digest.is_(None) & (SignInFailure.ip == guess.ip)
    own = (SignInFailure.name_digest == guess.name_digest) & (of_device if guess.device else of_address)
    session.execute(delete(SignInFailure).where(or_(SignInFailure.id == try_id, own)))


def record_refusal(session: Session, guess: Guess, why: str, *, now: dt.datetime) -> None:
    """An entry of a refused sign-in: of the user if there is one, else with a keyed digest of what was typed."""
    after = {"ip": guess.ip, "why": why, "known_device": guess.device is not None}
    if guess.user_id is None:
        after["name_digest"] = guess.name_digest.hex()
    record(session, "sessions.refuse", "user", guess.user_id, actor=_SIGN_IN, now=now, after=after)


def forget_old_tries(session: Session, *, now: dt.datetime) -> None:
    """Delete counts that are over, and those of a clock that was ahead."""
    session.execute(delete(SignInFailure).where(or_(SignInFailure.at < now - KEPT, SignInFailure.at > now + WINDOW)))
