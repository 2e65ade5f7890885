"""Background work beside people: what computes gives way, what writes is brief and comes after everybody."""

import os
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from clinic.background import BRIEF, NICENESS, Pace, aside
from clinic.turns import Turn, behind_others

LONG = 20.0


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.guards("what computes in the background has low priority, and what writes has not")
def test_only_the_computing_gives_way() -> None:
    def compute() -> Generator[int, None, None]:
        for _ in range(3):
            yield niceness()

    before = niceness()
    for computed in aside(compute()):
        assert computed == min(before + NICENESS, 19) or computed == NICENESS
        assert niceness() == before


def test_computing_rests_while_the_caller_writes_and_ends_when_it_stops() -> None:
    steps: list[str] = []

    def compute() -> Generator[int, None, None]:
        try:
            for number in range(9):
                steps.append(f"computed {number}")
                yield number
        finally:
            steps.append("closed")

    def use() -> None:
        for number in aside(compute()):
            steps.append(f"wrote {number}")
            if number == 1:
                raise InterruptedError

    with pytest.raises(InterruptedError):
        use()
    assert steps == ["computed 0", "wrote 0", "computed 1", "wrote 1", "closed"]


def test_what_computing_raises_reaches_the_caller() -> None:
    def compute() -> Generator[int, None, None]:
        yield 1
        raise LookupError

    with pytest.raises(LookupError):
        list(aside(compute()))


@pytest.mark.guards("background work writes for at most 20 ms at a time")
def test_pieces_are_made_for_twenty_milliseconds() -> None:
    pace, held = Pace(most=1000), []
    for row_seconds in [0.001] * 40 + [0.010] * 5 + [0.0001] * 60:
        held.append(pace.rows * row_seconds)
        pace.note(pace.rows, held[-1], held[-1])
    assert sum(seconds > BRIEF for seconds in held) == 1, "one piece was too long, when rows became ten times dearer"
    assert held[39] > BRIEF / 2, "small pieces grow"
    assert held[-1] > BRIEF / 2


@pytest.mark.guards("background work rests as long as it wrote before it writes again")
def test_a_piece_is_followed_by_a_rest_as_long_as_it_held_the_turn(app: Flask) -> None:
    rests: list[float] = []
    pace = Pace(sleep=rests.append)
    with app.app_context():
        for _ in range(2):
            with pace.transaction(1) as session:
                session.execute(text("SELECT 1"))
                time.sleep(0.1)
    assert rests[0] == 0
    assert 0.05 < rests[1] < 1.0


def test_a_row_that_costs_more_than_a_piece_may_is_written_alone() -> None:
    pace = Pace()
    pace.note(5, 3.0, 3.0)
    assert pace.rows == 1


@pytest.mark.guards("background work never takes the turn to write before people who wait for it")
def test_who_writes_in_the_background_lets_everybody_go_first(tmp_path: Path) -> None:
    held, background, desk = (Turn(str(tmp_path / "clinic.sqlite3")) for _ in range(3))
    order: list[str] = []

    def write(turn: Turn, name: str) -> None:
        assert turn.take(LONG)
        order.append(name)
        time.sleep(0.05)
        turn.give_back()

    def write_behind() -> None:
        with behind_others():
            write(background, "background")

    assert held.take(LONG)
    waiting = [threading.Thread(target=write_behind)]
    waiting[0].start()
    time.sleep(0.05)
    for number in range(4):
        waiting.append(threading.Thread(target=write, args=(desk, f"desk {number}")))
        waiting[-1].start()
    time.sleep(0.05)
    held.give_back()
    for thread in waiting:
        thread.join()
    assert order[-1] == "background"
    assert len(order) == 5


def test_background_work_is_not_kept_waiting_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.turns.PATIENCE_BEHIND", 0.1)
    busy, background = (Turn(str(tmp_path / "clinic.sqlite3")) for _ in range(2))
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            assert busy.take(LONG)
            time.sleep(0.02)
            busy.give_back()

    people = [threading.Thread(target=work) for _ in range(3)]
    for thread in people:
        thread.start()
    with behind_others():
        assert background.take(LONG)
    background.give_back()
    is_over.set()
    for thread in people:
        thread.join()
