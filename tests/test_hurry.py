"""A Redis that hangs: a request gives it a quarter of a second in all, then it is left alone."""

import contextvars
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from flask import Flask
from sqlalchemy.orm import Session

from clinic import hurry, live
from clinic.cache import cached
from clinic.config import Settings
from clinic.db import transaction
from clinic.errors import Unavailable
from clinic.extensions import limiter
from clinic.queueing import enqueue, redis_client
from tests.running_clinic import wait_until


@contextmanager
def hung() -> Iterator[None]:
    """The Redis of the tests accepts connections and answers nothing."""
    pid = int(redis_client().info("server")["process_id"])  # type: ignore[index]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        contextvars.Context().run(lambda: redis_client().ping())  # with patience: it may have much to answer
        hurry.forget()


@pytest.fixture
def in_request() -> Iterator[None]:
    hurry.begin_request()
    yield
    hurry.end_request()


def publish(session: Session) -> None:
    with transaction(session) as write:
        live.publish(write, "queue:7")


def hand_on(_session: Session) -> None:
    with pytest.raises(Unavailable):
        enqueue("clinic.nothing.to_run", job_id="never")


def read_cached(session: Session) -> None:
    assert cached(session, "hung", lambda: 5, topics=("queue",), seconds=30) == 5


def count_tries(_session: Session) -> None:
    with pytest.raises(redis.RedisError):
        limiter.storage.incr("kiosk", 60)


USES: list[Callable[[Session], None]] = [publish, read_cached, hand_on, count_tries]


@pytest.mark.guards("a Redis that hangs costs a request a quarter of a second in all, whatever it asks of it")
@pytest.mark.parametrize("first", range(len(USES)))
def test_the_uses_of_one_request_share_one_budget(app: Flask, session: Session, first: int) -> None:
    with hung():
        hurry.begin_request()
        began = time.monotonic()
        for use in [*USES[first:], *USES[:first]] * 3:
            use(session)
        took = time.monotonic() - began
        hurry.end_request()
        assert hurry.is_resting()
    # A quarter of a second, and what the database and a busy machine took meanwhile.
    assert took < 4 * hurry.BUDGET, took


@pytest.mark.guards("a Redis that hung is left alone by the requests that follow")
def test_the_requests_that_follow_do_not_ask(session: Session) -> None:
    with hung():
        for _ in range(10):
            hurry.begin_request()
            began = time.monotonic()
            read_cached(session)
            last = time.monotonic() - began
            hurry.end_request()
        assert last < hurry.BUDGET / 2, "it was asked again"


@pytest.mark.guards("after the rest one request tries for all, and an answer ends the rest")
def test_one_tries_for_all(session: Session, in_request: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hurry, "REST", 0.1)
    with hung():
        read_cached(session)
        assert hurry.is_resting()
        time.sleep(0.1)
        hurry.begin_request()
        read_cached(session)
        assert hurry.is_resting(), "whoever tries again in vain makes the rest begin anew"
    hurry._breaker.open()
    time.sleep(0.1)
    hurry.begin_request()
    assert redis_client().ping()
    assert not hurry.is_resting()


def test_outside_requests_there_is_time(session: Session) -> None:
    hurry._breaker.open()
    assert redis_client().ping(), "workers wait for Redis, and do not rest"
    hurry.forget()


def test_a_request_asks_by_the_hurried_connections(app: Flask) -> None:
    seen: list[bool] = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(hurry.is_hurried()))
    app.test_client().get("/health/live")
    app.before_request_funcs[None].pop()
    assert seen == [True]
    assert not hurry.is_hurried()


@pytest.mark.guards("an event that could not be sent while Redis hung is sent when it answers again")
def test_what_was_not_sent_is_sent_later(app: Flask, settings: Settings, session: Session) -> None:
    listener = redis.Redis.from_url(settings.redis_url).pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    listener.subscribe(live.CHANNEL)
    listener.get_message(timeout=1)
    with hung():
        publish(session)
        assert hurry.is_resting()
    heard: list[str] = []

    def is_heard() -> bool:
        message = listener.get_message(timeout=0.1)
        heard.extend(json.loads(message["data"])["topics"] if message else [])
        return "queue:7" in heard

    wait_until(is_heard, 30, "the event was lost")
    listener.close()
