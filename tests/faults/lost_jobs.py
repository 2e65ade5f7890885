"""Exports asked for while workers and Valkey are killed, and how long each takes to come to an end."""

import random
import time

import psutil

from tests.faults.stubborn import acknowledged, signed_in, until_answered
from tests.http_visitor import Fields, Visitor
from tests.running_clinic import RunningClinic

SOON = 120


def ask_while_killing(clinic: RunningClinic, exports: int, kills: int, pause: float) -> dict[int, float]:
    """Seconds after the last kill until each of so many exports is done or shown as failed.

    Killed are, by turns, the program of all workers, Valkey, and one worker process alone.
    """
    manager, chance = signed_in(clinic, "manager"), random.Random(7)
    for number in range(max(exports, kills)):
        if number < exports:
            fields: Fields = until_answered(lambda: manager.form("/exports/new?kind=patients"))
            until_answered(lambda fields=fields: acknowledged(manager.send("/exports", fields), 303))  # type: ignore[misc]
        if number < kills:
            time.sleep(pause * chance.random())
            _kill(clinic, number, chance)
    return _ended_after(clinic, manager)


def _kill(clinic: RunningClinic, number: int, chance: random.Random) -> None:
    if number % 3 == 0:
        clinic.kill("worker")
    elif number % 3 == 1:
        clinic.kill("valkey")
    else:
        try:
            chance.choice(clinic.part("worker").children(recursive=True)).kill()
        except (LookupError, IndexError, psutil.NoSuchProcess):
            clinic.kill("worker")


def _ended_after(clinic: RunningClinic, manager: Visitor) -> dict[int, float]:
    began, ended = time.monotonic(), dict[int, float]()
    while True:
        rows = clinic.rows("SELECT id, state FROM exports")
        for number, state in rows:
            if state in ("finished", "failed"):
                ended.setdefault(number, time.monotonic() - began)
        if len(ended) == len(rows):
            return ended
        assert time.monotonic() - began < 3 * SOON, f"{rows}\n{clinic.log[-5000:]}"
        time.sleep(0.5)
