"""Opening a chart while nothing else happens, and while an import writes."""

import itertools
import json
import secrets
import time
from collections.abc import Iterator

from bench.client import Client
from bench.figures import Figure
from bench.measure import Samples
from bench.servers import clinic, database, staff

IDLE_RUNS = 150
IMPORTED = 20_000
# An import that is over sooner is measured for as long as it ran.
MEASURED_SECONDS = 30


def measure(rows: int) -> list[Figure]:
    """95 of 100 openings take no longer than this, idle and during an import in the same run."""
    with clinic(rows) as server:
        client, manager = staff(rows, server), staff(rows, server, "manager")
        patients = itertools.cycle(_patients(rows))
        for _ in range(10):
            _open(client, next(patients))
        idle = Samples([_open(client, next(patients)) for _ in range(IDLE_RUNS)])
        import_id = _begin_import(manager)
        busy, written = Samples(list(_until_done(rows, client, patients, import_id))), _written(rows, import_id)
    ratio = busy.p95_ms / idle.p95_ms
    shown = f"{busy.p95_ms:.1f} ms ({len(busy.seconds)} openings, {written:,} rows written)"
    return [
        Figure("chart during an import, p95", shown, f"{idle.p95_ms:.1f} ms (idle)", ratio, 3, at_least=False),
    ]


def _patients(rows: int) -> list[int]:
    """A thousand patients from all over the table: no page of the database is warm for long."""
    with database(rows) as connection:
        step = max(rows // 1000, 1)
        query = "SELECT id FROM patients WHERE id % ? = 0 AND merged_into_id IS NULL LIMIT 1000"
        return [row[0] for row in connection.execute(query, (step,))]


def _open(client: Client, patient_id: int) -> float:
    start = time.perf_counter()
    client.get(f"/patients/{patient_id}")
    return time.perf_counter() - start


def _begin_import(manager: Client) -> int:
    manager.take_csrf(manager.get("/imports/new"))
    boundary = secrets.token_hex(16)
    fields = {"csrf_token": manager.csrf, "source": secrets.token_hex(4), "idempotency_key": secrets.token_urlsafe(24)}
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="Patient.ndjson"\r\n'
        f"Content-Type: application/x-ndjson\r\n\r\n{_file()}\r\n--{boundary}--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = manager.open("POST", "/imports", "".join(parts).encode(), headers)
    answer.read()
    if answer.status != 303:
        raise RuntimeError(f"an upload answered {answer.status}")
    address = str(answer.headers["Location"])
    status, _ = manager.post(f"{address}/start", {})
    if status != 303:
        raise RuntimeError(f"the start of an import answered {status}")
    return int(address.rpartition("/")[2])


def _file() -> str:
    """People whom nobody has imported before."""
    run = secrets.token_hex(4)
    return "\n".join(
        json.dumps(
            {
                "resourceType": "Patient",
                "id": f"{run}-{number}",
                "name": [{"family": f"Bench{run}{number}", "given": ["Ada"]}],
                "gender": "female",
                "birthDate": f"19{number % 80 + 10}-0{number % 9 + 1}-1{number % 9}",
                "telecom": [{"system": "phone", "value": f"06 {number % 90 + 10} 12 34 {number % 80 + 10}"}],
            }
        )
        for number in range(IMPORTED)
    )


def _until_done(rows: int, client: Client, patients: Iterator[int], import_id: int) -> Iterator[float]:
    until = time.monotonic() + MEASURED_SECONDS
    while _state(rows, import_id)[0] in ("uploaded", "queued"):
        time.sleep(0.05)
    while time.monotonic() < until and _state(rows, import_id)[0] == "running":
        for _ in range(10):
            yield _open(client, next(patients))


def _written(rows: int, import_id: int) -> int:
    return _state(rows, import_id)[1]


def _state(rows: int, import_id: int) -> tuple[str, int]:
    with database(rows) as connection:
        query = "SELECT state, created FROM imports WHERE id = ?"
        state, count = connection.execute(query, (import_id,)).fetchone()
    return str(state), int(count)
