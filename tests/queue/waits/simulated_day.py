"""Days of the sample clinic's departments, minute by minute: who comes, who is called when, who does not come."""

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clinic.ops.sample.places import _PLACES
from clinic.queue.waits.estimate import Busy, Situation, Waiting, estimate
from clinic.queue.waits.queries import LOOK_BACK, Stay, measure

OPENS, LAST_ARRIVAL = 8 * 3600.0, 17.5 * 3600
# How full the rooms are, by hour: mornings are busy, noon is not.
LOAD = {8: 1.1, 9: 1.05, 10: 1.0, 11: 0.8, 12: 0.4, 13: 0.7, 14: 0.95, 15: 1.0, 16: 0.8, 17: 0.5}
NO_SHOW, NO_SHOW_SECONDS = 0.06, (120, 300)
LANES = ((0, 0.04), (1, 0.14), (2, 0.82))
RESTING = 40 * 60.0


@dataclass
class Person:
    number: int
    service_id: int
    rank: int
    joined: float
    called: float = 0.0
    # What the estimate said: (asked at, low, high) in seconds of the day.
    told: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass
class Department:
    """A department's services (minutes by id) and rooms, with what past days left in its records."""

    rooms: int
    services: dict[int, int]
    stays: list[Stay] = field(default_factory=list)
    joined: list[tuple[int, int]] = field(default_factory=list)


def sample_departments() -> Iterator[Department]:
    """The departments of the sample clinic."""
    ids = itertools.count(1)
    for rooms, services in _PLACES.values():
        yield Department(len(rooms), {next(ids): minutes for _name, _prefix, minutes, _price in services})


class Day:
    """One simulated day. `situation()` is what the clinic's records say at a moment of it."""

    def __init__(self, department: Department, date: dt.date, seed: int) -> None:
        self.department, self.date = department, date
        self.midnight = dt.datetime.combine(date, dt.time(), dt.UTC)
        self.rnd = random.Random(seed)
        self.waiting: list[tuple[int, float, int, Person]] = []
        self.in_room: dict[int, tuple[Person, float]] = {}
        self.last_call: dict[int, float] = {}
        self.today: list[Stay] = []
        self.pace = self.rnd.uniform(0.85, 1.2)
        self.breaks = {room: (12 + self.rnd.random() * 1.5) * 3600 for room in range(1, department.rooms + 1)}
        self.idle: list[int] = []
        # (time, what goes first, number, what happens, to whom or where)
        self.events: list[tuple[float, int, int, Callable[[int, float], None], int]] = []
        self.numbers = itertools.count()
        self.people: dict[int, Person] = {}
        self.asks = False

    def arrivals(self) -> Iterator[Person]:
        mean = sum(self.department.services.values()) / len(self.department.services) * 60
        at, number = OPENS - 600, itertools.count(1)
        while at < LAST_ARRIVAL:
            hour = min(max(int(at // 3600), 8), 17)
            at += self.rnd.expovariate(LOAD[hour] * self.department.rooms / (mean * 1.15))
            rank = self.rnd.choices([r for r, _ in LANES], [share for _, share in LANES])[0]
            yield Person(next(number), self.rnd.choice(list(self.department.services)), rank, at)

    def run(self, ask: bool, every: float = 600.0) -> list[Person]:
        """Everybody who came this day; with `ask` they are told a wait on joining and every ten minutes."""
        self.asks = ask
        self.people = {person.number: person for person in self.arrivals()}
        for room in self.breaks:
            self._plan(OPENS + self.rnd.uniform(0, 900), 1, self._free, room)
        for person in self.people.values():
            self._plan(person.joined, 0, self._join, person.number)
        for at in range(int(OPENS), int(LAST_ARRIVAL), int(every)) if ask else ():
            self._plan(float(at), 2, self._ask, 0)
        while self.events:
            at, _order, _number, what, which = heapq.heappop(self.events)
            what(which, at)
        self.department.stays += self.today
        self.department.joined += [(p.rank, self.date.toordinal()) for p in self.people.values()]
        return list(self.people.values())

    def _plan(self, at: float, order: int, what: Callable[[int, float], None], which: int) -> None:
        heapq.heappush(self.events, (at, order, next(self.numbers), what, which))

    def _join(self, number: int, at: float) -> None:
        person = self.people[number]
        heapq.heappush(self.waiting, (person.rank, person.joined, person.number, person))
        if self.idle:
            self._call(self.idle.pop(self.rnd.randrange(len(self.idle))), at)
        elif self.asks:
            self._tell([person], at)

    def _ask(self, _which: int, at: float) -> None:
        self._tell([entry[3] for entry in self.waiting], at)

    def _free(self, room: int, at: float) -> None:
        """A room takes the next one, waits for somebody, or goes to lunch."""
        if at > self.breaks[room]:
            self.breaks[room] = float("inf")
            self._plan(at + self.rnd.uniform(25, 45) * 60, 1, self._free, room)
        elif self.waiting:
            self._call(room, at)
        else:
            self.idle.append(room)

    def _call(self, room: int, at: float) -> None:
        person = heapq.heappop(self.waiting)[3]
        person.called = at
        minutes = self.department.services[person.service_id] * self.pace
        seconds = max(minutes * 60 * self.rnd.lognormvariate(-0.1, 0.45), 60)
        if self.rnd.random() < NO_SHOW:
            seconds = self.rnd.uniform(*NO_SHOW_SECONDS)
        self.in_room[room], self.last_call[room] = (person, at), at
        self._plan(at + seconds, 0, self._done, room)

    def _done(self, room: int, at: float) -> None:
        person, called = self.in_room.pop(room)
        times = (self.midnight + dt.timedelta(seconds=s) for s in (person.joined, called, at))
        self.today.append(Stay(person.service_id, self.date, room, *times))
        self._plan(at + self.rnd.uniform(5, 150), 1, self._free, room)

    def _tell(self, people: list[Person], at: float) -> None:
        waits = estimate(self.situation(at), seed=int(at))
        for person in people:
            if wait := waits.get(person.number):
                person.told.append((at, at + wait.low * 60, at + wait.high * 60))

    def situation(self, at: float) -> Situation:
        past = [s for s in self.department.stays if s.day > self.date - LOOK_BACK]
        latest = sorted([*past, *self.today], key=lambda s: s.called_at, reverse=True)[:240]
        calling = {room for room, called in self.last_call.items() if called > at - RESTING or room in self.in_room}
        days = {day for _rank, day in self.department.joined}
        seconds = max(len(days), 1) * (LAST_ARRIVAL - OPENS)
        return Situation(
            waiting=[Waiting(p.number, p.service_id, p.rank) for _r, _j, _n, p in sorted(self.waiting)],
            busy=[Busy(person.service_id, at - called) for person, called in self.in_room.values()],
            rooms=len(calling),
            measured=measure(latest),
            planned={s: minutes * 60.0 for s, minutes in self.department.services.items()},
            arrivals={r: sum(rank == r for rank, _d in self.department.joined) / seconds for r in (0, 1)},
        )
