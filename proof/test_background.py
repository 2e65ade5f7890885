"""Background work at a running clinic: what is asked for while things are killed, and people beside an import."""

import time
from collections import Counter

import pytest

from proof.conftest import Note
from tests.faults.beside import PEOPLE, book_one_time, give_tickets, importing, p95
from tests.faults.lost_jobs import SOON, ask_while_killing
from tests.faults.stubborn import signed_in
from tests.running_clinic import RunningClinic

ROWS = 100_000
TICKETS = 200


@pytest.mark.guards("25 exports asked for during 24 kills of workers and Valkey are done or shown as failed in 120 s")
def test_lost_jobs(clinic: RunningClinic, note: Note) -> None:
    ended = ask_while_killing(clinic, exports=25, kills=24, pause=4)
    states = Counter(str(state) for (state,) in clinic.rows("SELECT state FROM exports"))
    note(**states, slowest_s=max(ended.values()))
    assert len(ended) == 25
    assert max(ended.values()) < SOON, ended
    clinic.wait_until_ready()


@pytest.mark.guards("during an import tickets take at most twice as long as without, and nobody is sent away")
def test_people_beside_an_import(clinic: RunningClinic, note: Note) -> None:
    told = {303: 1, 409: PEOPLE - 1}
    assert book_one_time(clinic, 7) == told
    give_tickets(clinic, 20)
    without = give_tickets(clinic, TICKETS)
    with importing(clinic, signed_in(clinic, "manager"), ROWS):
        rows, began = _imported(clinic), time.monotonic()
        beside = give_tickets(clinic, TICKETS)
        rate = (_imported(clinic) - rows) / (time.monotonic() - began)
        assert book_one_time(clinic, 14) == told
    note(
        ticket_p95_ms_without=p95(without) * 1000,
        ticket_p95_ms_beside_an_import=p95(beside) * 1000,
        rows_a_second_imported_meanwhile=rate,
    )
    assert p95(beside) < 2 * p95(without), (p95(beside), p95(without))


def _imported(clinic: RunningClinic) -> int:
    return int(clinic.rows("SELECT sum(created) FROM imports")[0][0] or 0)
