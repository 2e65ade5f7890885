"""Tickets by 8 clients at once: none twice, none missing."""

import re
import secrets
import threading
import time

from bench.client import Client
from bench.figures import Figure
from bench.servers import clinic, staff

TICKETS = 10_000
CLIENTS = 8
# The queue manager FQM gave 35 to 40 tickets a second on two cores (and 11 of 362 twice).
PEER_RATE = 40


def measure(rows: int) -> list[Figure]:
    """Issue walk-in tickets over HTTP and compare their numbers with 1..n."""
    with clinic(rows) as server:
        clients = [staff(rows, server) for _ in range(CLIENTS)]
        page = clients[0].get("/queue/tickets/new").decode()
        service = re.findall(r'name="service_id"[^>]*value="(\d+)"|<option value="(\d+)"', page)[0]
        first = _number(_take(clients[0], "".join(service)))
        given: list[int] = []
        threads = [
            threading.Thread(target=_issue, args=(client, "".join(service), given, TICKETS // CLIENTS))
            for client in clients
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(given) / (time.perf_counter() - began)
    wrong = len(set(range(first + 1, first + 1 + TICKETS)) ^ set(given)) + len(given) - len(set(given))
    return [
        Figure("tickets a second, 8 clients", f"{rate:.0f}", f"{PEER_RATE} (FQM)", rate / PEER_RATE, 3.5),
        Figure(f"of {TICKETS:,} given twice or missing", str(wrong), "0", wrong, 0, at_least=False),
    ]


def _issue(client: Client, service: str, given: list[int], count: int) -> None:
    given.extend([_number(_take(client, service)) for _ in range(count)])


def _take(client: Client, service: str) -> str:
    form = {"service_id": service, "lane": "normal", "idempotency_key": secrets.token_urlsafe(24)}
    status, body = client.post("/queue/tickets", form, {"HX-Request": "true"})
    if status != 200:
        raise RuntimeError(f"a ticket answered {status}")
    return body.decode()


def _number(html: str) -> int:
    found = re.search(r"\b[A-Z]{1,3}-(\d+)\b", html)
    if found is None:
        raise RuntimeError("no ticket on the page")
    return int(found.group(1))
