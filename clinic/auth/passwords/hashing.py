"""Argon2, bounded: a process computes two hashes at a time, and few wait for their turn.

A hash takes 19 MiB and some 30 ms of a processor, which strangers may ask for. The two threads that compute are always
the same: memory that a thread has freed stays with it, and hundreds of threads of a web server would each keep theirs.
"""

import base64
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 iterations, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 2
WAITING = 20


def _random(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode().rstrip("=")


# The hash of nobody's password, verified when a name is unknown, so that both answers take the same time.
_NOBODYS = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p=1${_random(16)}${_random(32)}"


class Busy(Exception):
    """As many as may wait for a hash wait already: ask again in some seconds."""


class _Desk:
    """The threads that compute, and the places of those who wait for them. Each process has its own."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(AT_ONCE + WAITING)
        self.threads = ThreadPoolExecutor(AT_ONCE, "argon2")


class _Current:
    desk = _Desk()


def _after_fork() -> None:
    _Current.desk = _Desk()


os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def place() -> Iterator[None]:
    """A place among those who wait for a hash, while the block lasts. Raises Busy at once when all are taken."""
    desk = _Current.desk
    if not desk.places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        desk.places.release()


def make_hash(password: str) -> str:
    """What is kept of `password`. Slow on purpose: call it outside a transaction."""
    return _Current.desk.threads.submit(_HASHER.hash, password).result()


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one that was kept; takes as long for None (nobody). Slow on purpose: call it outside a
    transaction."""
    return _Current.desk.threads.submit(_verify, password_hash or _NOBODYS, password).result() and bool(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
