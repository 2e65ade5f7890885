"""How light the whole clinic is, and how soon it is ready."""

import time

from bench.client import Client
from bench.figures import Figure
from bench.measure import tree_memory
from bench.servers import Server, clinic

IDLE_SECONDS = 15


def measure(rows: int) -> list[Figure]:
    """Memory of the idle process tree, and seconds from the command to the first ready answer."""
    began = time.perf_counter()
    with clinic(rows) as server:
        _until_ready(server)
        ready = time.perf_counter() - began
        time.sleep(IDLE_SECONDS)
        memory = tree_memory(server.pid)
    return [
        Figure("idle process tree, MB", f"{memory:.0f}", "400", memory, 400, at_least=False),
        Figure("ready after, s", f"{ready:.1f}", "5", ready, 5, at_least=False),
    ]


def _until_ready(server: Server) -> None:
    client = Client(server.port)
    while not _is_ready(client):
        time.sleep(0.1)


def _is_ready(client: Client) -> bool:
    answer = client.open("GET", "/health/ready")
    answer.read()
    return answer.status == 200
