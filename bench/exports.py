"""CSV export of every patient, beside the streamed Django export and a bare loop that does the same."""

import csv
import json
import secrets
import sqlite3
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.client import Client, sign_in_to_peer
from bench.figures import Figure
from bench.measure import PeakMemory, largest_memory
from bench.servers import DATA, clinic, clinic_settings, database, peer, prepare_clinic, staff
from clinic.crypto import KeyRing
from clinic.exports.files.guard import SUSPECTS, neutralise

COLUMNS = (
    "mrn family_name given_name sex birth_date birth_precision phone email practitioner last_visit_at registered_at"
)
POLL_SECONDS = 0.2


def measure(rows: int) -> list[Figure]:
    """Rows a second as the worker makes them, and the memory of the worker for a tenth of the rows and for all."""
    prepare_clinic(rows // 10)
    _, small = _export(rows // 10)
    ours, large = _export(rows)
    theirs = _peer_export(rows)
    bare = _bare_loop(rows)
    return [
        Figure("export, rows/s", f"{ours:,.0f}", f"{theirs:,.0f} (Django)", ours / theirs, 2),
        Figure("the same against a bare loop", f"{ours:,.0f}", f"{bare:,.0f} (bare loop)", ours / bare, 0.6),
        Figure(
            "memory of all rows : a tenth", f"{large:.0f} MB", f"{small:.0f} MB", large / small, 1.1, at_least=False
        ),
    ]


def _export(rows: int) -> tuple[float, float]:
    """Rows a second, and the peak megabytes of the largest process."""
    with clinic(rows) as server:
        client = staff(rows, server)
        client.take_csrf(client.get("/exports/new?kind=patients"))
        fields: list[tuple[str, str]] = [("columns", name) for name in COLUMNS.split()]
        fields += [("format", "csv"), ("delimiter", "comma"), ("kind", "patients")]
        fields += [("idempotency_key", secrets.token_urlsafe(24)), ("csrf_token", client.csrf)]
        with PeakMemory(lambda: largest_memory(server.pid)) as memory:
            answer = client.open(
                "POST", "/exports", urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
            )
            answer.read()
            if answer.status != 303:
                raise RuntimeError(f"an export answered {answer.status}")
            rate = _wait(rows)
    return rate, memory.peak


def _wait(rows: int) -> float:
    query = "SELECT state, rows_done, started_at, finished_at FROM exports ORDER BY id DESC LIMIT 1"
    while True:
        with database(rows) as connection:
            state, done, started, finished = connection.execute(query).fetchone()
        if state == "failed":
            raise RuntimeError("the export failed")
        if state == "finished":
            seconds = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
            return float(done / seconds.total_seconds())
        time.sleep(POLL_SECONDS)


def _peer_export(rows: int) -> float:
    with peer(rows) as server:
        admin = sign_in_to_peer(server.port)
        page = admin.get("/admin/register/patient/")
        admin.take_csrf(page)
        chosen = page.split(b'name="_selected_action" value="')[1].split(b'"')[0].decode()
        form = {"action": "export_csv", "select_across": "1", "index": "0", "_selected_action": chosen}
        start = time.perf_counter()
        lines = _stream(admin, form)
        return (lines - 1) / (time.perf_counter() - start)


def _stream(admin: Client, form: dict[str, str]) -> int:
    path = "/admin/register/patient/"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"http://127.0.0.1:{admin.port}{path}",
    }
    answer = admin.open("POST", path, urlencode({"csrfmiddlewaretoken": admin.csrf, **form}), headers)
    lines = 0
    while block := answer.read1(65536):
        lines += block.count(b"\n")
    return lines


def _bare_loop(rows: int) -> float:
    """Rows a second of reading, decrypting, guarding and writing the same columns, and nothing else."""
    settings = clinic_settings(rows)
    unseal = KeyRing(settings.encryption_keys, settings.blind_index_key).opener(b"patients.telecoms")
    query = (
        "SELECT p.mrn, p.family_name, p.given_name, p.sex, p.birth_date, p.birth_precision, p.telecoms, "
        "d.display_name, p.last_visit_at, p.registered_at FROM patients p "
        "LEFT JOIN practitioners d ON d.id = p.practitioner_id ORDER BY p.id"
    )
    with database(rows) as connection, tempfile.TemporaryDirectory(dir=DATA) as folder:
        start = time.perf_counter()
        with (Path(folder) / "export.csv").open("w", newline="", encoding="utf-8") as file:
            count = _write(csv.writer(file), connection.execute(query), unseal)
        return count / (time.perf_counter() - start)


def _write(writer: Any, found: sqlite3.Cursor, unseal: Any) -> int:
    count = 0
    for *before, sealed, practitioner, visited, registered in found:
        telecoms = json.loads(unseal(sealed))
        phone = next((t["value"] for t in telecoms if t["system"] == "phone"), "")
        email = next((t["value"] for t in telecoms if t["system"] == "email"), "")
        cells = [*before, phone, email, practitioner, visited, registered]
        writer.writerow([neutralise(c) if c and c[0] in SUSPECTS else c for c in cells])
        count += 1
    return count
