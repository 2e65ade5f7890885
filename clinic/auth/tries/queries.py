"""How often somebody tried, and whether they may try again."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from clinic.auth.models import SignInFailure
from clinic.crypto import key_ring

WINDOW = dt.timedelta(minutes=15)
MOST_PER_COUNT = 8
# Unknown devices of one address, all names together; beyond it they are slowed, never shut out.
MOST_PER_ADDRESS = 40
MOST_PER_ADDRESS_SLOWED = 4
SLOWED_WINDOW = dt.timedelta(minutes=1)
# Who came later may have been counted first.
OVERTAKING = dt.timedelta(minutes=1)


class Guess(NamedTuple):
    """Who tries: the name as typed, its user if there is one, and the device if this user signed in on it before."""

    name: str
    ip: str
    user_id: int | None = None
    device: bytes | None = None

    @property
    def name_digest(self) -> bytes:
        """Keyed: people type passwords into the field of the name."""
        return key_ring().blind_index("sign-in name", self.name.strip().casefold())


def is_closed(session: Session, guess: Guess, *, now: dt.datetime) -> bool:
    """Whether no further try is judged for the moment.

    A device that this user signed in on before has a count of its own. All others share one for the name, and their
    address slows them: so nobody shuts out from elsewhere who sits at a device of their own.
    """
    mine = SignInFailure.device_digest == guess.device if guess.device else SignInFailure.device_digest.is_(None)
    if _count(session, now, WINDOW, SignInFailure.name_digest == guess.name_digest, mine) >= MOST_PER_COUNT:
        return True
    if guess.device:
        return False
    return is_address_slowed(session, guess.ip, now=now)


def is_address_slowed(session: Session, ip: str, *, now: dt.datetime) -> bool:
    """Whether unknown devices of this address tried so often that they must wait a little."""
    of_address = SignInFailure.ip == ip, SignInFailure.device_digest.is_(None)
    if _count(session, now, WINDOW, *of_address) < MOST_PER_ADDRESS:
        return False
    return _count(session, now, SLOWED_WINDOW, *of_address) >= MOST_PER_ADDRESS_SLOWED


def _count(session: Session, now: dt.datetime, window: dt.timedelta, *conditions: ColumnElement[bool]) -> int:
    # Up to now: what a clock that was wrong put into the future shuts nobody out for weeks.
    at = SignInFailure.at
    counted = select(func.count()).where(at > now - window, at <= now + OVERTAKING, *conditions)
    return session.scalar(counted) or 0
