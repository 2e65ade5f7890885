"""From a call at one board to the last of 200 event streams, and a page meanwhile."""

import re
import secrets
import threading
import time
from functools import partial

from bench.client import Client
from bench.figures import Figure
from bench.listener import Listener
from bench.measure import Samples, timed
from bench.servers import clinic, staff

STREAMS = 200
CALLS = 40
PAUSE_SECONDS = 0.3
# The queue manager FQM, which polls: call to display in 1.9 s at the 95th percentile.
PEER_MS = 1900


class Calls(threading.Thread):
    """A busy clinic: a ticket is given and called, again and again."""

    def __init__(self, client: Client, department: str, room: str, listeners: list[Listener]) -> None:
        super().__init__(daemon=True)
        self.delays: list[float] = []
        self.lost = 0
        self._where = (client, department, room, listeners)

    def run(self) -> None:
        for _ in range(CALLS):
            delay, missing = _change(*self._where)
            self.delays.append(delay)
            self.lost += missing
            time.sleep(PAUSE_SECONDS)


def measure(rows: int) -> list[Figure]:
    """Open the streams, call, and compare a page's time with its idle time."""
    with clinic(rows) as server:
        client = staff(rows, server, "nurse")
        department, room = _department_and_room(client)
        # A list that the calls do not change: a board would grow with each of them.
        page = partial(staff(rows, server).get, "/patients")
        idle = timed(page, 40)
        listeners = [Listener(server.port, "/live", client.cookies) for _ in range(STREAMS)]
        for listener in listeners:
            listener.start()
        if not all(listener.ready.wait(60) for listener in listeners):
            raise RuntimeError("not every stream opened")
        time.sleep(1)
        calls = Calls(client, department, room, listeners)
        calls.start()
        meanwhile: list[float] = []
        while calls.is_alive():
            meanwhile += timed(page, 5, warm=0).seconds
    busy, last, lost = Samples(meanwhile), Samples(calls.delays), calls.lost
    return [
        Figure(
            "call to the last of 200 streams, p95", f"{last.p95_ms:.0f} ms", "200 ms", last.p95_ms, 200, at_least=False
        ),
        Figure("the same against a poller", f"{last.p95_ms:.0f} ms", f"{PEER_MS} ms (FQM)", PEER_MS / last.p95_ms, 5),
        Figure("events not delivered", str(lost), "0", lost, 0, at_least=False),
        Figure(
            "a page meanwhile : idle",
            f"{busy.median_ms:.1f} ms",
            f"{idle.median_ms:.1f} ms",
            busy.median_ms / idle.median_ms,
            2,
            at_least=False,
        ),
    ]


def _department_and_room(client: Client) -> tuple[str, str]:
    found = re.search(rb"/queue/boards/(\d+)", client.get("/queue"))
    if found is None:
        raise RuntimeError("no board on the page")
    department = found.group(1).decode()
    room = re.search(rb'<option value="(\d+)"', client.get(f"/queue/boards/{department}"))
    if room is None:
        raise RuntimeError("no room on the board")
    return department, room.group(1).decode()


def _change(client: Client, department: str, room: str, listeners: list[Listener]) -> tuple[float, int]:
    """Give a ticket, then call it; seconds from the call to its event at the last stream, and streams without."""
    page = client.get(f"/queue/tickets/new?department_id={department}").decode()
    service = "".join(re.findall(r'name="service_id"[^>]*value="(\d+)"|<option value="(\d+)"', page)[0])
    form = {"service_id": service, "lane": "normal", "idempotency_key": secrets.token_urlsafe(24)}
    client.post("/queue/tickets", form, {"HX-Request": "true"})
    time.sleep(0.3)
    before = [len(listener.arrived) for listener in listeners]
    start = time.perf_counter()
    key = secrets.token_urlsafe(24)
    client.post(
        f"/queue/boards/{department}/call-next", {"room_id": room, "idempotency_key": key}, {"HX-Request": "true"}
    )
    until = time.perf_counter() + 3
    while time.perf_counter() < until and any(len(x.arrived) <= n for x, n in zip(listeners, before, strict=True)):
        time.sleep(0.005)
    reached = [x.arrived[n] for x, n in zip(listeners, before, strict=True) if len(x.arrived) > n]
    return max(reached, default=until) - start, len(listeners) - len(reached)
