"""The expected wait as a range, by playing the next hours through many times.

Each play-through gives every person ahead a service time drawn from those lately measured, lets the working rooms call
in the queue's own order, and lets urgent and priority tickets arrive as often as they lately did. What nine of ten
play-throughs agree on is the range. Times are in seconds, ranges in minutes.
"""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PLAYS = 120
# The quantiles of the plays that are stated, rounded outwards to steps of five minutes.
LOWEST, HIGHEST = 0.04, 0.96
STEP_MINUTES = 5
# Nobody is expected to push in after so many seconds: more urgent tickets than rooms would have no end.
_HORIZON = 4 * 3600.0
# With fewer measured times than this the planned duration of the service stands in for them.
ENOUGH = 8
# What a planned duration becomes in practice.
_PLANNED = (0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0)


@dataclass(frozen=True)
class Waiting:
    """Somebody in the queue; `rank` is 0 for urgent, 1 for priority, 2 for normal."""

    entry_id: int
    service_id: int
    rank: int


@dataclass(frozen=True)
class Busy:
    """Somebody being seen, or on the way into a room, for `elapsed` seconds."""

    service_id: int
    elapsed: float


@dataclass(frozen=True)
class Situation:
    """A queue at one moment.

    waiting: in calling order. rooms: how many call at present, those busy included. measured: service -> how long each
    of the latest patients kept a room. planned: service -> its planned duration. arrivals: rank -> urgent and priority
    tickets to be expected in a second.
    """

    waiting: Sequence[Waiting]
    busy: Sequence[Busy]
    rooms: int
    measured: Mapping[int, Sequence[float]]
    planned: Mapping[int, float]
    arrivals: Mapping[int, float]


@dataclass(frozen=True)
class Wait:
    """Nine times in ten the wait ends within these minutes. `samples` measured times stand behind it; 0: the plan."""

    low: int
    high: int
    samples: int


def estimate(situation: Situation, seed: int) -> dict[int, Wait]:
    """The wait of everybody in the queue, by entry; nothing while no room calls."""
    if not situation.rooms:
        return {}
    times = {s: _times(situation, s) for s in _services(situation)}
    rnd = random.Random(seed)  # nosec B311: not a secret
    plays = [_play(situation, times, rnd) for _ in range(PLAYS)]
    samples = {s: len(situation.measured.get(s, ())) for s in times}
    return {
        person.entry_id: _range(sorted(play[place] for play in plays), samples[person.service_id])
        for place, person in enumerate(situation.waiting)
    }


def _services(situation: Situation) -> set[int]:
    return {p.service_id for p in situation.waiting} | {b.service_id for b in situation.busy}


def _times(situation: Situation, service_id: int) -> Sequence[float]:
    measured = situation.measured.get(service_id, ())
    if len(measured) >= ENOUGH:
        return measured
    return [*measured, *(situation.planned[service_id] * share for share in _PLANNED)]


def _play(situation: Situation, times: Mapping[int, Sequence[float]], rnd: random.Random) -> list[float]:
    """One way in which the next hours may go: when each of the waiting is called."""
    free = [_rest(times[busy.service_id], busy.elapsed, rnd) for busy in situation.busy]
    free += [0.0] * max(situation.rooms - len(free), 0)
    heapq.heapify(free)
    others = [seconds for measured in times.values() for seconds in measured]
    pushers = _Pushers(situation.arrivals, rnd)
    called = []
    for person in situation.waiting:
        while pushers.goes_first(person.rank, free[0]):
            heapq.heapreplace(free, free[0] + rnd.choice(others))
        called.append(free[0])
        heapq.heapreplace(free, free[0] + rnd.choice(times[person.service_id]))
    return called


def _rest(times: Sequence[float], elapsed: float, rnd: random.Random) -> float:
    """How much longer somebody stays who is there since `elapsed`."""
    longer = [seconds for seconds in times if seconds > elapsed]
    return rnd.choice(longer) - elapsed if longer else rnd.choice(times) / 4


class _Pushers:
    """Urgent and priority tickets that are still to come and go before those of later ranks."""

    def __init__(self, arrivals: Mapping[int, float], rnd: random.Random) -> None:
        self._rnd = rnd
        self._rates = {rank: rate for rank, rate in arrivals.items() if rate > 0}
        self._next = {rank: rnd.expovariate(rate) for rank, rate in self._rates.items()}

    def goes_first(self, rank: int, at: float) -> bool:
        """Whether at `at` one of them is there who goes before somebody of `rank`; that one is then served."""
        for other, arrives in self._next.items():
            if other < rank and arrives <= min(at, _HORIZON):
                self._next[other] += self._rnd.expovariate(self._rates[other])
                return True
        return False


def _range(seconds: Sequence[float], samples: int) -> Wait:
    low, high = (seconds[round(share * (len(seconds) - 1))] / 60 for share in (LOWEST, HIGHEST))
    floor = int(low // STEP_MINUTES) * STEP_MINUTES
    ceiling = max(int(-(-high // STEP_MINUTES)) * STEP_MINUTES, floor + STEP_MINUTES)
    return Wait(floor, ceiling, samples if samples >= ENOUGH else 0)
