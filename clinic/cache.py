"""Cached reads, kept in Redis for a short while: sealed, worked out by one at a time, outdated by what changes.

A value is sealed together with the versions of the live topics it depends on; every live event gives its topics a new
version, and with others the value does not open. There is one value per name: a new one takes the place of the old.
Without Redis, or with a slow one, everything is worked out afresh: this only ever saves time.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import redis
from redis.client import Pipeline
from sqlalchemy.orm import Session

from clinic import hurry
from clinic.crypto import DecryptionError, key_ring
from clinic.queueing import redis_client

TURN = 3.0  # s that one may take to work a value out before others try
WAIT = 0.5  # s to wait for the value that somebody else is working out
VERSION_SECONDS = 3600
_Answer = TypeVar("_Answer")


class _Place(NamedTuple):
    """Where a value is kept, and the stamp of the versions it goes with."""

    key: str
    stamp: str

    @property
    def turn(self) -> str:
        return f"{self.key}:turn:{self.stamp}"

    @property
    def context(self) -> bytes:
        return f"{self.key}:{self.stamp}".encode()


def note_changes(pipeline: "Pipeline", topics: Iterable[str]) -> None:
    """Give each topic, and the part before its colon, a new version."""
    for name in {name for topic in topics for name in (topic, topic.split(":")[0])}:
        pipeline.set(_version_key(name), secrets.token_hex(8), ex=VERSION_SECONDS)


def cached(session: Session, name: str, compute: Callable[[], Any], *, topics: Sequence[str], seconds: int) -> Any:
    """The JSON value `compute()` gave within the last `seconds`, unless one of `topics` changed since.

    On a miss the session's transaction is ended first, so that what is read is not older than the versions.
    """
    place = _ask(lambda client: _find_place(client, name, topics))
    found, is_mine = _find(place) if place else (None, False)
    if found is not None:
        return found["value"]
    session.rollback()
    value = compute()
    if place:
        _ask(lambda client: _keep(client, place, value, seconds, is_mine))
    return value


def _ask(question: Callable[["redis.Redis"], _Answer]) -> _Answer | None:
    """The answer of Redis, or None while it does not answer."""
    try:
        with hurry.hurried():
            return question(redis_client())
    except redis.RedisError:
        return None


def _version_key(topic: str) -> str:
    return f"clinic:changed:{topic}"


def _find_place(client: "redis.Redis", name: str, topics: Sequence[str]) -> _Place:
    versions: Any = client.mget([_version_key(topic) for topic in topics]) if topics else []
    stamp = hashlib.sha256(b"|".join(version or b"" for version in versions)).hexdigest()[:24]
    return _Place(f"clinic:cache:{name}", stamp)


def _find(place: _Place) -> tuple[dict[str, Any] | None, bool]:
    """The kept value in a box, or None and whether it is this caller's turn to work it out."""
    until = time.monotonic() + WAIT
    while True:
        found = _ask(lambda client: _read(client, place))
        if found is not None:
            return found, False
        if _ask(lambda client: client.set(place.turn, b"1", nx=True, px=int(TURN * 1000))):
            # Whoever had the turn before may have finished between the two questions.
            found = _ask(lambda client: _read(client, place))
            if found is None:
                return None, True
            _ask(lambda client: client.delete(place.turn))
            return found, False
        if time.monotonic() >= until or hurry.is_resting():
            return None, False
        time.sleep(0.01)


def _read(client: "redis.Redis", place: _Place) -> dict[str, Any] | None:
    sealed: Any = client.get(place.key)
    if sealed is None:
        return None
    try:
        box: dict[str, Any] = json.loads(key_ring().open(sealed, place.context))
    except DecryptionError:
        return None
    return box


def _keep(client: "redis.Redis", place: _Place, value: Any, seconds: int, is_mine: bool) -> None:
    client.set(place.key, key_ring().seal(json.dumps({"value": value}).encode(), place.context), ex=seconds)
    if is_mine:
        client.delete(place.turn)
