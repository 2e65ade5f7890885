"""Cached reads against a real Redis: kept, outdated by events, worked out once, and never in the way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from clinic import cache, hurry, live, queueing
from clinic.cache import cached
from clinic.config import Settings
from clinic.db import transaction
from clinic.queueing import redis_client


class Work:
    """Counts how often something was worked out."""

    def __init__(self, seconds: float = 0) -> None:
        self.count, self.seconds = 0, seconds

    def __call__(self) -> int:
        self.count += 1
        time.sleep(self.seconds)
        return self.count


def ask(session: Session, work: Work, name: str = "figures", seconds: int = 30) -> int:
    value: int = cached(session, name, work, topics=("queue", "visits:2026-11-20"), seconds=seconds)
    return value


@pytest.fixture
def reconnected(settings: Settings) -> Iterator[None]:
    """The cache is on the test's Redis again afterwards."""
    yield
    queueing.connect(settings.redis_url)


def test_a_value_is_worked_out_once(session: Session) -> None:
    work = Work()
    assert [ask(session, work) for _ in range(3)] == [1, 1, 1]
    assert ask(session, work, "others") == 2


@pytest.mark.parametrize("topic", ["queue", "queue:3", "visits:2026-11-20"])
def test_an_event_of_its_topics_outdates_it(session: Session, topic: str) -> None:
    work = Work()
    ask(session, work)
    with transaction(session) as write:
        live.publish(write, topic)
    assert ask(session, work) == 2


def test_other_events_leave_it_alone(session: Session) -> None:
    work = Work()
    ask(session, work)
    with transaction(session) as write:
        live.publish(write, "visits:2026-11-21", "exports")
    assert ask(session, work) == 1


def test_what_was_worked_out_before_a_change_is_not_kept_for_after_it(session: Session) -> None:
    def slow() -> str:
        with transaction(session) as write:
            live.publish(write, "queue:1")
        return "before"

    assert cached(session, "late", slow, topics=("queue",), seconds=30) == "before"
    assert cached(session, "late", lambda: "after", topics=("queue",), seconds=30) == "after"


@pytest.mark.guards("Redis writes no cached value to the disk, only versions")
def test_redis_holds_versions_alone(session: Session) -> None:
    before = set(redis_client().scan_iter())
    assert cached(session, "names", lambda: ["Amina Benali"], topics=("queue",), seconds=30) == ["Amina Benali"]
    assert {key.decode() for key in set(redis_client().scan_iter()) - before} <= {"clinic:versions"}


def test_what_a_caller_does_to_a_value_stays_with_the_caller(session: Session) -> None:
    for _ in range(3):
        found = cached(session, "list", lambda: [1], topics=(), seconds=30)
        assert found == [1]
        found.append(2)


@pytest.mark.guards("a Redis that lost its versions makes no outdated value good again")
def test_a_redis_that_begins_anew_outdates_everything(session: Session) -> None:
    work = Work()
    ask(session, work)
    for key in redis_client().scan_iter("clinic:changed:*"):
        redis_client().delete(key)
    redis_client().delete("clinic:versions")
    assert [ask(session, work), ask(session, work), ask(session, work)] == [2, 2, 2]


def test_values_that_are_over_make_room(session: Session) -> None:
    for number in range(50):
        cached(session, f"day {number}", lambda: 1, topics=(), seconds=0)
    assert len(cache._kept) == 1


def test_of_many_at_once_one_works_and_the_others_wait_for_it(app: Flask, session: Session) -> None:
    work, found = Work(0.1), list[int]()
    threads = [threading.Thread(target=lambda: found.append(ask(session, work, "rush"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 8


def test_without_redis_everything_is_worked_out_at_once(session: Session, reconnected: None, var: Path) -> None:
    queueing.connect(f"unix://{var}/nobody.sock")
    work, began = Work(), time.monotonic()
    assert [ask(session, work) for _ in range(20)] == list(range(1, 21))
    assert time.monotonic() - began < hurry.BUDGET + 1
