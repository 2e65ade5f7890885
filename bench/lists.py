"""The patient list and the search box, as a signed-in receptionist over HTTP, beside the Django admin."""

import html
import re
import sqlite3
from urllib.parse import quote_plus

from bench.client import Client, sign_in_to_peer
from bench.figures import Figure
from bench.measure import Samples, timed
from bench.patients import searches
from bench.servers import DATA, clinic, clinic_environment, peer, staff

RUNS = 30
PEER_BUDGET = 40
HTMX = {"HX-Request": "true"}


def measure(rows: int) -> list[Figure]:
    """List page 1, page at 90 % of the rows, and the search mix."""
    with clinic(rows) as server:
        client = staff(rows, server)
        first = timed(lambda: client.get("/patients"), RUNS)
        deep = timed(lambda: client.get(_deep_page(rows)), RUNS)
        mix, missed = _search(client, rows)
    with peer(rows) as server:
        admin = sign_in_to_peer(server.port)
        list_path = "/admin/register/patientbyname/"
        peer_first = timed(lambda: admin.get("/admin/register/patient/"), RUNS, budget=PEER_BUDGET)
        last = int(rows * 0.9 / 50)
        peer_deep = timed(lambda: admin.get(f"{list_path}?p={last}"), 5, warm=1, budget=PEER_BUDGET)
        peer_mix = Samples(
            [s for _, q in searches() for s in timed(lambda q=q: _peer_search(admin, q), 1, warm=0).seconds]
        )
    return [
        Figure("list page 1, median", _ms(first), _ms(peer_first), peer_first.median_ms / first.median_ms, 5),
        Figure("list at 90 % by name, median", _ms(deep), _ms(peer_deep), peer_deep.median_ms / deep.median_ms, 5),
        Figure("deep page : page 1", _ms(deep), _ms(first), deep.median_ms / first.median_ms, 1.2, at_least=False),
        Figure("search mix, p95", f"{mix.p95_ms:.1f} ms", f"{peer_mix.p95_ms:.0f} ms", peer_mix.p95_ms / mix.p95_ms, 7),
        Figure("search mix, p95 in ms", f"{mix.p95_ms:.1f} ms", "limit", mix.p95_ms, 60, at_least=False),
        Figure("searches that missed a LIKE hit", str(missed), "a plain LIKE", missed, 0, at_least=False),
    ]


def _ms(samples: Samples) -> str:
    return f"{samples.median_ms:.1f} ms"


def _peer_search(admin: Client, text: str) -> bytes:
    return admin.get(f"/admin/register/patientnocount/?q={quote_plus(text)}")
