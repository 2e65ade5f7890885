"""The turn to write: one at a time among threads and processes, nobody overtaken, nothing held by the dead."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from clinic.turns import Turn, turn_of

LONG = 20.0


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "clinic.sqlite3")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{database}")
    yield engine
    engine.dispose()


def test_one_turn_at_a_time_in_a_process_and_beside_others(database: str) -> None:
    mine, theirs = Turn(database), Turn(database)
    assert mine.take(LONG)
    assert not mine.take(0.05)
    assert not theirs.take(0.05)
    mine.give_back()
    assert theirs.take(LONG)
    theirs.give_back()


def test_who_waits_is_not_overtaken_by_who_just_wrote(database: str) -> None:
    mine, theirs = Turn(database), Turn(database)
    order: list[str] = []
    assert mine.take(LONG)

    def wait() -> None:
        assert theirs.take(LONG)
        order.append("theirs")
        theirs.give_back()

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    mine.give_back()
    assert mine.take(LONG)
    order.append("mine")
    mine.give_back()
    waiting.join()
    assert order == ["theirs", "mine"]


def test_a_forked_process_waits_for_its_parent_and_then_has_its_own_turn(engine: Engine) -> None:
    assert turn_of(engine).take(LONG)
    child = os.fork()
    if child == 0:
        is_refused, is_given = not turn_of(engine).take(0.05), turn_of(engine).take(LONG)
        os._exit(0 if is_refused and is_given else 1)
    time.sleep(0.3)
    turn_of(engine).give_back()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_killed_process_holds_nothing(engine: Engine) -> None:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        turn_of(engine).take(LONG)
        os.write(writes, b"1")
        signal.pause()
    os.read(reads, 1)
    assert not turn_of(engine).take(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert turn_of(engine).take(LONG)
    turn_of(engine).give_back()
    os.close(reads)
    os.close(writes)


def test_without_named_pipes_turns_are_taken_all_the_same(database: str) -> None:
    for name in ("next", "now"):
        Path(f"{database}-{name}.bell").write_text("copied by a program that knows no pipes")
    mine, theirs = Turn(database), Turn(database)
    assert mine.take(LONG)
    began = time.process_time()
    assert not theirs.take(0.3)
    assert time.process_time() - began < 0.2
    mine.give_back()
    assert theirs.take(LONG)
    theirs.give_back()
