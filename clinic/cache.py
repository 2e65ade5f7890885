"""Cached reads, kept by each process for a short while: worked out by one at a time, outdated by what changes.

A value goes with the versions of the live topics it depends on, which Redis holds for all processes: every live event
gives its topics a new version, and a value that was made for others is not used. There is one value per name. Values
stay in the process: what Redis holds it writes to the disk. Without Redis, or with a slow one, everything is worked out
afresh: this only ever saves time.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis
from redis.client import Pipeline
from sqlalchemy.orm import Session

from clinic import hurry
from clinic.queueing import redis_client

WAIT = 0.5  # s to wait for the value that somebody else is working out
VERSION_SECONDS = 3600
# Has another value once Redis has lost its versions: what was kept before may have been outdated meanwhile.
_AGE = "clinic:versions"
_Answer = TypeVar("_Answer")
_Versions = tuple[bytes | None, ...]


class _Kept:
    """The value of a name as JSON, the versions it goes with, and until when (monotonic seconds)."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._box: tuple[_Versions, float, str] | None = None

    def find(self, versions: _Versions) -> str | None:
        box = self._box
        return box[2] if box and box[0] == versions and time.monotonic() < box[1] else None

    def keep(self, versions: _Versions, value: Any, seconds: int) -> None:
        self._box = (versions, time.monotonic() + seconds, json.dumps(value))

    def is_over(self) -> bool:
        return not self.turn.locked() and (self._box is None or self._box[1] < time.monotonic())


_kept: dict[str, _Kept] = {}
_opening = threading.Lock()


def note_changes(pipeline: "Pipeline", topics: Iterable[str]) -> None:
    """Give each topic, and the part before its colon, a new version."""
    for name in {name for topic in topics for name in (topic, topic.split(":")[0])}:
        pipeline.set(_version_key(name), secrets.token_hex(8), ex=VERSION_SECONDS)


def cached(session: Session, name: str, compute: Callable[[], Any], *, topics: Sequence[str], seconds: int) -> Any:
    """The JSON value `compute()` gave within the last `seconds`, unless one of `topics` changed since.

    On a miss the session's transaction is ended first, so that what is read is not older than the versions.
    """
    versions = _ask(lambda client: _versions(client, topics))
    if versions is None:
        return _fresh(session, compute)
    kept = _place(name)
    found = kept.find(versions)
    is_mine = found is None and kept.turn.acquire(timeout=WAIT)
    try:
        # Whoever had the turn before may have finished meanwhile.
        found = found or kept.find(versions)
        if found is None:
            value = _fresh(session, compute)
            kept.keep(versions, value, seconds)
            return value
    finally:
        if is_mine:
            kept.turn.release()
    return json.loads(found)


def forget() -> None:
    """Keep nothing of what was worked out."""
    with _opening:
        _kept.clear()


def _fresh(session: Session, compute: Callable[[], Any]) -> Any:
    session.rollback()
    return compute()


def _place(name: str) -> _Kept:
    """Where the value of a name is kept; places of values that are over make room."""
    with _opening:
        if name not in _kept:
            for other in [key for key, kept in _kept.items() if kept.is_over()]:
                del _kept[other]
            _kept[name] = _Kept()
        return _kept[name]


def _ask(question: Callable[["redis.Redis"], _Answer]) -> _Answer | None:
    """The answer of Redis, or None while it does not answer."""
    try:
        with hurry.hurried():
            return question(redis_client())
    except redis.RedisError:
        return None


def _version_key(topic: str) -> str:
    return f"clinic:changed:{topic}"


def _versions(client: "redis.Redis", topics: Sequence[str]) -> _Versions:
    """The versions of the topics now."""
    keys = [_AGE, *map(_version_key, topics)]
    found: Any = client.mget(keys)
    if found[0] is None:
        client.set(_AGE, secrets.token_hex(8), nx=True)
        found = client.mget(keys)
    return tuple(found)
