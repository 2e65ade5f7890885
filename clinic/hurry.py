"""Redis for whoever may not wait: a request gives it BUDGET seconds in all, and one that hangs is left alone for REST.

Everything a page asks of Redis (live events, versions of cached reads, jobs to hand on, limits of kiosks) can be done
without it or later: what must not be lost is a row in the database. So all of it shares one budget a request, and one
breaker a process: when an answer did not come, nobody in this process asks again for REST seconds, then one request
tries for all. A server that refuses at once costs nothing and is asked each time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
from redis.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection

BUDGET = 0.25  # s that one request gives Redis, all questions together
REST = 5.0  # s during which a Redis that did not answer is left alone
_Answer = TypeVar("_Answer")


class _Budget:
    """What is left for one request, and whether it is the one that tries a resting Redis again."""

    def __init__(self) -> None:
        self.left, self.tries_for_all = BUDGET, False
        self.until: float | None = None  # the end (monotonic) of the exchange that is under way


class _Breaker:
    """Until when (monotonic) this process leaves Redis alone; 0 while it answers."""

    def __init__(self) -> None:
        self._lock, self._resting_until = threading.Lock(), 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._resting_until

    def admits(self, budget: _Budget) -> bool:
        """Whether this request may ask; after the rest the first one may, and the others see what became of it."""
        if not self._resting_until or budget.tries_for_all:
            return True
        with self._lock:
            if self.is_open():
                return False
            if self._resting_until:
                budget.tries_for_all, self._resting_until = True, time.monotonic() + REST
        return True

    def open(self) -> None:
        self._resting_until = time.monotonic() + REST

    def close(self) -> None:
        self._resting_until = 0.0


_budget: ContextVar[_Budget | None] = ContextVar("redis_budget", default=None)
_breaker = _Breaker()


def begin_request() -> None:
    """From here to end_request() this thread's questions share one budget."""
    _budget.set(_Budget())


def end_request(_error: BaseException | None = None) -> None:
    """What this thread does next may wait for Redis again."""
    _budget.set(None)


@contextmanager
def hurried() -> Iterator[None]:
    """A budget for the block, unless the request has one already: for what a job, too, can do without."""
    if _budget.get() is not None:
        yield
        return
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def is_hurried() -> bool:
    """Whether this thread may not wait."""
    return _budget.get() is not None


def is_resting() -> bool:
    """Whether this process leaves Redis alone at the moment."""
    return _breaker.is_open()


def forget() -> None:
    """Ask again from now on: another Redis is in use."""
    _breaker.close()


class _Hurried:
    """Connections whose every exchange is taken from the budget. Raises redis.TimeoutError when it is used up."""

    _sock: Any
    socket_timeout: float | None
    socket_connect_timeout: float | None

    def _connect(self) -> Any:
        return self._within(super()._connect)  # type: ignore[misc]

    def send_packed_command(self, *args: Any, **options: Any) -> Any:
        return self._within(super().send_packed_command, *args, **options)  # type: ignore[misc]

    def read_response(self, *args: Any, **options: Any) -> Any:
        answer = self._within(super().read_response, *args, **options)  # type: ignore[misc]
        _breaker.close()
        return answer

    def _within(self, exchange: Callable[..., _Answer], *args: Any, **options: Any) -> _Answer:
        budget = _budget.get() or _Budget()
        if budget.until is not None:  # the handshake of a new connection, inside the first command
            self._set_timeouts(budget.until - time.monotonic())
            return exchange(*args, **options)
        if budget.left <= 0 or not _breaker.admits(budget):
            raise redis.TimeoutError("Redis is left alone for a moment.")
        began = time.monotonic()
        budget.until = began + budget.left
        self._set_timeouts(budget.left)
        try:
            return exchange(*args, **options)
        except (redis.TimeoutError, TimeoutError):
            # A server that was slow before may have had little time for this: only a long silence is a hang.
            if time.monotonic() - began >= BUDGET / 2:
                budget.tries_for_all = False
                _breaker.open()
            raise
        finally:
            budget.left, budget.until = budget.until - time.monotonic(), None

    def _set_timeouts(self, seconds: float) -> None:
        seconds = max(seconds, 0.001)  # none at all would mean not to wait for an answer that is on its way
        self.socket_timeout = self.socket_connect_timeout = seconds
        if self._sock:
            self._sock.settimeout(seconds)


class _HurriedTcp(_Hurried, Connection):
    pass


class _HurriedTls(_Hurried, SSLConnection):
    pass


class _HurriedUnix(_Hurried, UnixDomainSocketConnection):
    pass


_KINDS = {"redis": _HurriedTcp, "rediss": _HurriedTls, "unix": _HurriedUnix}


def hurried_pool(url: str) -> ConnectionPool:
    """Connections to this Redis for requests. No exchange is tried twice."""
    return ConnectionPool.from_url(url, connection_class=_KINDS[urlsplit(url).scheme], max_connections=600)
