"""Several people at once, each in a thread with a session of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from clinic.db import db
from clinic.errors import Conflict

Result = TypeVar("Result")


def at_once(clinic: Flask, people: int, work: Callable[[int], Result]) -> list[Result]:
    """What `work(0)`, `work(1)`, ... gave, in threads that start together."""
    start = threading.Barrier(people)

    def run(number: int) -> Result:
        with clinic.app_context():
            start.wait()
            try:
                return work(number)
            finally:
                db.session.remove()

    # What the test itself has read is read again afterwards, and holds no lock meanwhile.
    db.session.remove()
    with ThreadPoolExecutor(people) as pool:
        return list(pool.map(run, range(people)))


def or_conflict(work: Callable[[int], object]) -> Callable[[int], object]:
    """As `work`, but a Conflict is given back instead of raised."""

    def attempt(number: int) -> object:
        try:
            return work(number)
        except Conflict as refusal:
            return refusal

    return attempt
