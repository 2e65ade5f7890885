"""Whole clinics that start on what a power cut left of Valkey's files, and strangers who hold what they begin."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic.ops.sample.staff import PASSWORD
from proof.conftest import Note
from tests.faults.stubborn import until_answered
from tests.faults.test_slow_strangers import BEGUN, held
from tests.http_visitor import Visitor
from tests.running_clinic import RunningClinic

STRANGERS = 3000
# These are answered at once, like any request: what they cost is the answer, not that they are held.
ANSWERED = 700
ROUNDS = 20


def damage_end(content: bytes, chance: random.Random) -> bytes:
    """A file whose last bytes never reached the disk: zeros in their place, or a cut, or both."""
    lost = chance.randrange(1, min(len(content), 4000))
    return content[:-lost] + bytes(chance.choice([0, lost, lost + 4096]))


def damage_block(content: bytes, chance: random.Random) -> bytes:
    """A block of the disk that cannot be trusted any more."""
    at = chance.randrange(0, len(content))
    return content[:at] + chance.randbytes(min(4096, len(content) - at)) + content[at + 4096 :]


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (damage_end, damage_block)


@pytest.mark.guards("a clinic whose Valkey lost its end in a power cut starts, whatever the files look like")
def test_boots_on_damaged_files(note: Note) -> None:
    seed = random.randrange(10**6)
    chance, clinic, took = random.Random(seed), RunningClinic(), list[float]()
    note(seed=seed)
    try:
        clinic.start()
        for number in range(ROUNDS):
            until_answered(lambda: Visitor(clinic.port).sign_in("reception", PASSWORD))
            clinic.stop()
            files = [path for path in (clinic.var / "redis").rglob("*") if path.is_file() and path.stat().st_size > 1]
            _damage(chance.choice(files), DAMAGES[number % len(DAMAGES)], chance)
            began = time.monotonic()
            assert "Not yet running: Valkey" not in clinic.start()
            took.append(time.monotonic() - began)
        aside = len(list(clinic.var.glob("redis.damaged-*")))
        assert aside <= 2
        note(boots=ROUNDS, longest_boot_seconds=max(took), folders_kept_aside=aside)
    finally:
        clinic.remove()


def _damage(path: Path, how: Callable[[bytes, random.Random], bytes], chance: random.Random) -> None:
    path.write_bytes(how(path.read_bytes(), chance))


@pytest.mark.guards("700 connections that begin something and do not go on do not stop the clinic")
def test_thousands_of_strangers(note: Note) -> None:
    clinic = RunningClinic()
    try:
        clinic.start()
        visitor = until_answered(lambda: Visitor(clinic.port).sign_in("reception", PASSWORD))
        worst = 0.0
        for name, begun in BEGUN.items():
            is_waiting = name.startswith(("half a header", "half a form", "a form"))
            with held(clinic.port, begun, STRANGERS if is_waiting else ANSWERED):
                for _ in range(10):
                    began = time.monotonic()
                    assert visitor.get("/patients").status == 200
                    worst = max(worst, time.monotonic() - began)
        note(held=STRANGERS, answered=ANSWERED, kinds=len(BEGUN), slowest_page_seconds=worst)
    finally:
        clinic.remove()
