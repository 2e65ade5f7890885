"""The patient list and the search box, as a signed-in receptionist over HTTP, beside the Django admin."""

import html
import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote_plus

from bench.client import Client, sign_in_to_peer
from bench.figures import Figure
from bench.measure import Samples, timed
from bench.patients import searches
from bench.servers import clinic, clinic_settings, database, peer, staff
from clinic.crypto import KeyRing, use_key_ring
from clinic.patients.listing.cursors import seal_cursor

RUNS = 40
PEER_BUDGET = 30
HTMX = {"HX-Request": "true"}
NAME_SEARCHES = {"surname_prefix", "first_and_prefix", "inner_substring", "full_name"}


def measure(rows: int) -> list[Figure]:
    """List page 1, the page at 90 % of the rows, and the search mix with what a plain LIKE finds."""
    with clinic(rows) as server:
        client = staff(rows, server)
        first = timed(partial(client.get, "/patients"), RUNS)
        deep = timed(partial(client.get, _deep_page(rows)), RUNS)
        mix = Samples([timed(partial(_search, client, q), 1, warm=0).seconds[0] for _, q in searches()])
        missed = sum(_missed(client, rows, q) for kind, q in searches() if kind in NAME_SEARCHES)
    with peer(rows) as server:
        admin = sign_in_to_peer(server.port)
        last = int(rows * 0.9 / 50)
        peer_first = timed(partial(admin.get, "/admin/register/patient/"), RUNS, budget=PEER_BUDGET)
        deep_path = f"/admin/register/patientbyname/?p={last}"
        peer_deep = timed(partial(admin.get, deep_path), 8, warm=1, budget=PEER_BUDGET)
        peer_mix = Samples([timed(partial(_peer_search, admin, q), 1, warm=0).seconds[0] for _, q in searches()])
    ratio = peer_mix.p95_ms / mix.p95_ms
    return [
        Figure("list page 1, median", _ms(first), _ms(peer_first), peer_first.median_ms / first.median_ms, 5),
        Figure("list at 90 % by name, median", _ms(deep), _ms(peer_deep), peer_deep.median_ms / deep.median_ms, 5),
        Figure("page at 90 % : page 1", _ms(deep), _ms(first), deep.median_ms / first.median_ms, 1.2, at_least=False),
        Figure("search mix, p95", f"{mix.p95_ms:.1f} ms", f"{peer_mix.p95_ms:.0f} ms", ratio, 7),
        Figure("search mix, p95 in ms", f"{mix.p95_ms:.1f} ms", "60 ms", mix.p95_ms, 60, at_least=False),
        Figure("rows a LIKE finds and we do not", str(missed), "LIKE", missed, 0, at_least=False),
    ]


def _ms(samples: Samples) -> str:
    return f"{samples.median_ms:.1f} ms"


def _deep_page(rows: int) -> str:
    """The address that "Next" would have after 90 % of the patients by name."""
    with database(rows) as connection:
        query = "SELECT sort_name, id FROM patients ORDER BY sort_name, id LIMIT 1 OFFSET ?"
        name, patient_id = connection.execute(query, (int(rows * 0.9),)).fetchone()
    settings = clinic_settings(rows)
    use_key_ring(KeyRing(settings.encryption_keys, settings.blind_index_key))
    return f"/patients?after={seal_cursor(name, patient_id)}"


def _search(client: Client, text: str, after: str = "") -> bytes:
    status, body = client.post("/patients/search", {"q": text, "typing": "1", "after": after}, HTMX)
    if status != 200:
        raise RuntimeError(f"search answered {status}")
    return body


def _peer_search(admin: Client, text: str) -> bytes:
    return admin.get(f"/admin/register/patientnocount/?q={quote_plus(text)}")


def _missed(client: Client, rows: int, text: str, most: int = 2000) -> int:
    """How many patients that a plain LIKE of every word finds our pages do not show.

    Pages are read until all are seen or our results end; texts with more than `most` hits are left to the
    property test in the suite.
    """
    clauses = " AND ".join("search_name LIKE ?" for _ in text.split())
    query = f"SELECT mrn FROM patients WHERE {clauses} LIMIT {most + 1}"  # nosec B608
    with database(rows) as connection:
        wanted = {mrn for (mrn,) in connection.execute(query, [f"%{word}%" for word in text.split()])}
    if len(wanted) > most:
        return 0
    for page in _pages(client, text):
        wanted -= set(re.findall(r"\b\d{6,}-\d\b|MRN\d{8}", page))
        if not wanted:
            return 0
    return len(wanted)


def _pages(client: Client, text: str) -> Iterator[str]:
    """Every page of results, as text without marks."""
    after = ""
    while True:
        body = _search(client, text, after).decode()
        yield html.unescape(re.sub(r"</?mark>", "", body))
        found = re.search(r'name="after" value="([^"]+)"', body)
        if found is None:
            return
        after = html.unescape(found.group(1))
