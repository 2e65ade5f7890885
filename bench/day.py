"""A full front desk at once: receptionists at work, waiting-room screens listening, patients' phones asking."""

import itertools
import random
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.client import Client
from bench.day_data import Day, fill_day
from bench.figures import Figure
from bench.listener import Listener
from bench.measure import Samples
from bench.servers import Server, clinic, staff

RECEPTIONISTS, DISPLAYS, PHONES = 20, 10, 500
# Each receptionist does something every two seconds: faster than anybody works.
PACE_SECONDS = 2
PHONE_SECONDS = 5
PHONES_A_THREAD = 25
# Nobody measures the first seconds after a start, in which every page is written for the first time.
WARM_SECONDS, SECONDS = 10, 60
WORST_MS = 100
HTMX = {"HX-Request": "true"}


@dataclass
class Tally:
    """Seconds that each kind of request took from `since` on (perf_counter), and the answers that nobody expects."""

    since: float
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def time(self, what: str, ask: Callable[[], tuple[int, bytes]], expected: tuple[int, ...] = (200,)) -> bytes:
        """Ask, and note how long it took and whether the answer is one of the expected."""
        began = time.perf_counter()
        status, body = ask()
        if began >= self.since:
            self.seconds[what].append(time.perf_counter() - began)
        if status not in expected:
            self.errors.append(f"{what}: {status}")
        return body


def measure(rows: int) -> list[Figure]:
    """The 95th percentile of what receptionists wait for, and every error."""
    day = fill_day(rows)
    with clinic(rows) as server:
        first = staff(rows, server)
        listeners = [Listener(server.port, f"/display/{day.display_token}/live") for _ in range(DISPLAYS)]
        for listener in listeners:
            listener.start()
        if not all(listener.ready.wait(60) for listener in listeners):
            raise RuntimeError("not every display opened its stream")
        tally = Tally(since=time.perf_counter() + WARM_SECONDS)
        until = tally.since + SECONDS
        threads = [
            threading.Thread(target=_work, args=(_twin(first), day, tally, until, number))
            for number in range(RECEPTIONISTS)
        ]
        threads += [
            threading.Thread(target=_poll, args=(server, day, tally, until, number))
            for number in range(PHONES // PHONES_A_THREAD)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return _figures(tally)


def _figures(tally: Tally) -> list[Figure]:
    found = []
    for what, seconds in sorted(tally.seconds.items()):
        p95 = Samples(seconds).p95_ms
        bound = f"{WORST_MS} ms"
        found.append(Figure(f"{what}, p95 of {len(seconds)}", f"{p95:.0f} ms", bound, p95, WORST_MS, at_least=False))
    reasons = "; ".join(sorted(set(tally.errors))[:3])
    errors = len(tally.errors)
    return [*found, Figure("errors meanwhile", f"{errors} {reasons}", "0", errors, 0, at_least=False)]


def _twin(first: Client) -> Client:
    """One more browser of the same session: signing in is not what is measured."""
    client = Client(first.port)
    client.cookies, client.csrf = dict(first.cookies), first.csrf
    return client


def _asked(client: Client, path: str, headers: dict[str, str] | None = None) -> Callable[[], tuple[int, bytes]]:
    def ask() -> tuple[int, bytes]:
        answer = client.open("GET", path, headers=headers)
        return answer.status, answer.read()

    return ask


def _work(client: Client, day: Day, tally: Tally, until: float, number: int) -> None:
    """One receptionist: the day, the week, a booking, a call; again and again, each at a pace of its own."""
    chance = random.Random(number)
    steps = itertools.cycle([_see_today, _see_week, _book, _call_next])
    for _ in range(number % 4):
        next(steps)
    time.sleep(PACE_SECONDS * chance.random())
    while time.perf_counter() < until:
        began = time.perf_counter()
        next(steps)(client, day, tally, chance)
        time.sleep(max(0.0, PACE_SECONDS - (time.perf_counter() - began)))


def _see_today(client: Client, _day: Day, tally: Tally, _chance: random.Random) -> None:
    tally.time("today", _asked(client, "/today"))


def _see_week(client: Client, _day: Day, tally: Tally, _chance: random.Random) -> None:
    tally.time("calendar week", _asked(client, "/appointments?view=week"))


def _book(client: Client, day: Day, tally: Tally, chance: random.Random) -> None:
    """One of the next free times; somebody else may take it first, which is a refusal and no error."""
    wanted = {
        "patient_id": str(chance.choice(day.patient_ids)),
        "service_id": str(chance.choice(day.service_ids)),
        "practitioner_id": "0",
        "from_day": time.strftime("%Y-%m-%d"),
        "part": "any",
    }
    slots = tally.time("free times", _asked(client, f"/appointments/slots?{urlencode(wanted)}", HTMX)).decode()
    offered = re.findall(r'name="slot"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="slot"', slots)
    if not offered:
        return
    form = {**wanted, "slot": "".join(chance.choice(offered)), "idempotency_key": secrets.token_urlsafe(24)}
    tally.time("booking", lambda: client.post("/appointments", form, HTMX), (200, 204, 303, 409, 422))


def _call_next(client: Client, day: Day, tally: Tally, chance: random.Random) -> None:
    department, room = chance.choice(day.departments)
    form = {"room_id": str(room), "idempotency_key": secrets.token_urlsafe(24)}
    path = f"/queue/boards/{department}/call-next"
    tally.time("call next", lambda: client.post(path, form, HTMX), (200, 409))


def _poll(server: Server, day: Day, tally: Tally, until: float, number: int) -> None:
    """Some of the phones: each asks every five seconds, and mostly hears that nothing changed."""
    client = Client(server.port)
    tokens = [
        day.ticket_tokens[(number * PHONES_A_THREAD + n) % len(day.ticket_tokens)] for n in range(PHONES_A_THREAD)
    ]
    tags: dict[int, str] = {}
    pause = PHONE_SECONDS / PHONES_A_THREAD
    time.sleep(pause * random.Random(number).random())
    for phone in itertools.cycle(range(PHONES_A_THREAD)):
        began = time.perf_counter()
        if began > until:
            return

        def ask(phone: int = phone) -> tuple[int, bytes]:
            unchanged = {"If-None-Match": tags[phone]} if phone in tags else {}
            answer = client.open("GET", f"/t/{tokens[phone]}/place", headers=unchanged)
            tags[phone] = answer.headers.get("ETag", "")
            return answer.status, answer.read()

        tally.time("a phone", ask, (200, 304))
        time.sleep(max(0.0, pause - (time.perf_counter() - began)))
