"""Guesses at passwords that come all at once, at a running clinic: judged, memory, and who comes in meanwhile."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.measure import PeakMemory, largest_memory
from clinic.ops.sample.staff import PASSWORD
from proof.conftest import Note
from tests.http_visitor import Visitor
from tests.running_clinic import RunningClinic

AT_ONCE = 150
# MB that a process may grow by: two hashes of 19 MiB, what their threads keep, and pages.
ROOM = 150


def _guess_at_once(port: int, username: str) -> Counter[int]:
    """Statuses of AT_ONCE guesses whose forms were fetched before. A {} in `username` becomes a number."""
    visitors = [Visitor(port) for _ in range(AT_ONCE)]

    def form(number: int) -> list[tuple[str, str]]:
        return visitors[number].form("/auth/sign-in", username=username.format(number), password=f"guess {number}")

    with ThreadPoolExecutor(20) as some:
        forms = list(some.map(form, range(AT_ONCE)))
    with ThreadPoolExecutor(AT_ONCE) as everybody:
        sent = everybody.map(lambda number: visitors[number].send("/auth/sign-in", forms[number]), range(AT_ONCE))
        return Counter(answer.status for answer in sent)


@pytest.mark.guards(
    "of 150 guesses at once at most eight are judged, in little memory, and the owner comes in meanwhile"
)
def test_guesses_at_once(clinic: RunningClinic, note: Note) -> None:
    owner = Visitor(clinic.port).sign_in("doctor", PASSWORD)
    owner.send("/auth/sign-out", owner.form("/today"))
    supervisor = clinic.supervisor.pid
    before = largest_memory(supervisor)
    with PeakMemory(lambda: largest_memory(supervisor)) as peak:
        one_name = _guess_at_once(clinic.port, "doctor")
        many_names = _guess_at_once(clinic.port, "nobody{}")
    assert one_name[422] <= 8
    assert one_name[422] + one_name[429] == AT_ONCE
    assert many_names[422] + many_names[429] == AT_ONCE
    assert clinic.rows("SELECT count(*) FROM sign_in_failures WHERE device_digest IS NULL")[0][0] <= 8 + 44
    grown = peak.peak - before
    note(judged_of_150_for_one_name=one_name[422], judged_of_150_names=many_names[422], memory_grown_mb=grown)
    assert grown < ROOM
    owner.sign_in("doctor", PASSWORD)
