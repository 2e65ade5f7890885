"""A machine that does everything else first: work that was asked for comes to its end all the same."""

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from proof.conftest import Note
from tests.faults.beside import begin_import, p95, state_of
from tests.faults.stubborn import acknowledged, signed_in, until_answered
from tests.running_clinic import RunningClinic, wait_until

EXPORTS, ROWS, TICKETS = 10, 500, 20
# s between two exports: together they take longer than any sign of life is believed.
APART = 9
# Programs that compute and never wait, for each core.
GREEDY = 4
# s that what was asked for may be neither begun nor shown as failed, and until whoever looks after it has looked.
SOON, LOOK = 120, 30


@contextlib.contextmanager
def starved_cores() -> Iterator[int]:
    """For the block, GREEDY programs a core compute as hard as they can; how many they are."""
    count = GREEDY * (os.cpu_count() or 1)
    greedy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield count
    finally:
        for program in greedy:
            program.kill()
            program.wait()


@pytest.mark.guards("on a starved machine no worker dies, and what is asked for is begun or shown as failed in 120 s")
def test_starved_cores(clinic: RunningClinic, note: Note) -> None:
    manager, workers = signed_in(clinic, "manager"), _workers(clinic)
    with starved_cores() as greedy:
        number = begin_import(clinic, manager, ROWS)
        for _ in range(EXPORTS):
            fields = until_answered(lambda: manager.form("/exports/new?kind=patients"))
            until_answered(lambda fields=fields: acknowledged(manager.send("/exports", fields), 303))  # type: ignore[misc]
            time.sleep(APART)
        took = sorted(_ticket_seconds(clinic))
        began = time.monotonic()
        wait_until(lambda: not _waiting(clinic), SOON + LOOK, f"neither begun nor failed: {clinic.log[-3000:]}")
        begun = time.monotonic() - began
        wait_until(lambda: state_of(clinic, number) == "finished", 600, "the import does not end")
        wait_until(lambda: not _under_way(clinic), 600, "the exports do not end")
        ended = time.monotonic() - began
        assert _workers(clinic) == workers
    states = Counter(str(state) for (state,) in clinic.rows("SELECT state FROM exports"))
    note(greedy_programs=greedy, **states, all_begun_s=begun, all_ended_s=ended, ticket_p95_ms=p95(took) * 1000)
    assert sum(states.values()) == EXPORTS
    assert "is started again" not in clinic.log
    clinic.wait_until_ready()


def _workers(clinic: RunningClinic) -> set[int]:
    """The processes that stay: the program of all workers, and one for each queue and the schedule."""
    program = clinic.part("worker")
    return {program.pid, *(child.pid for child in psutil.Process(program.pid).children())}


def _waiting(clinic: RunningClinic) -> int:
    return int(clinic.rows("SELECT count(*) FROM exports WHERE state = 'queued'")[0][0])


def _under_way(clinic: RunningClinic) -> int:
    return int(clinic.rows("SELECT count(*) FROM exports WHERE state NOT IN ('finished', 'failed')")[0][0])


def _ticket_seconds(clinic: RunningClinic) -> Iterator[float]:
    desk = signed_in(clinic, "reception")
    for _ in range(TICKETS):
        fields, began = desk.form("/queue/tickets/new"), time.monotonic()
        assert desk.send("/queue/tickets", fields).status == 303
        yield time.monotonic() - began
