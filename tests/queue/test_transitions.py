"""What may follow what, written down a second time by hand: the code is compared with it, not with itself.

A line is `step: states before -> state after`.
"""

import enum

import pytest

from clinic.appointments import models as appointments
from clinic.queue import models as queue

TICKETS = """
call: waiting on_hold -> called
recall: called -> called
start: called -> in_service
hold: waiting called in_service -> on_hold
resume: on_hold -> waiting
transfer: waiting called in_service on_hold -> waiting
finish: called in_service -> done
no_show: called -> no_show
restore: no_show cancelled -> waiting
cancel: waiting called on_hold -> cancelled
leave: waiting called on_hold -> no_show
withdraw: waiting called on_hold -> cancelled
close: waiting called on_hold -> no_show
close: in_service -> done
identify: waiting -> waiting
identify: called -> called
identify: in_service -> in_service
identify: on_hold -> on_hold
confirm: waiting -> waiting
confirm: called -> called
confirm: in_service -> in_service
confirm: on_hold -> on_hold
"""
# What staff do. What a visit says (arrive, start, fulfil, leave, miss, reopen) comes below.
APPOINTMENTS = """
move: booked -> booked
move: confirmed -> confirmed
confirm: booked -> confirmed
cancel: booked confirmed -> cancelled
no_show: booked confirmed -> no_show
restore: cancelled no_show -> booked
"""
STATES = ("booked", "confirmed", "arrived", "in_progress", "fulfilled", "cancelled", "no_show")
FROM_THE_VISIT = {
    "arrive": "arrived",
    "start": "in_progress",
    "fulfil": "fulfilled",
    "leave": "cancelled",
    "miss": "no_show",
    "reopen": "booked",
}
Moves = set[tuple[str, str, str]]


def written(lines: str) -> Moves:
    moves: Moves = set()
    for line in lines.strip().splitlines():
        step, _, rest = line.partition(": ")
        sources, _, target = rest.partition(" -> ")
        moves |= {(step, source, target) for source in sources.split()}
    return moves


def coded(table: dict[enum.StrEnum, dict[enum.StrEnum, enum.StrEnum]]) -> Moves:
    return {(str(step), str(a), str(b)) for step, pairs in table.items() for a, b in pairs.items()}


@pytest.mark.guards("a ticket moves only as written down, such as: nobody is a no-show who was never called")
def test_tickets_move_as_written_down() -> None:
    assert coded(queue.TRANSITIONS) == written(TICKETS)  # type: ignore[arg-type]


@pytest.mark.guards("an appointment moves only as written down, such as: a cancelled one is not confirmed")
def test_appointments_move_as_written_down() -> None:
    follows = {(step, state, target) for step, target in FROM_THE_VISIT.items() for state in STATES if state != target}
    notes = {("note", state, state) for state in STATES}
    assert coded(appointments.TRANSITIONS) == written(APPOINTMENTS) | follows | notes  # type: ignore[arg-type]
