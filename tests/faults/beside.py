"""What people do while something large goes on in the background: an import, fifty bookings of one time, tickets."""

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

from clinic.ops.sample.staff import PASSWORD
from tests.http_visitor import Visitor
from tests.running_clinic import RunningClinic, wait_until

PEOPLE = 50
HTMX = {"HX-Request": "true"}


def persons(count: int) -> bytes:
    """A FHIR file of so many patients whom nobody knows yet."""
    run = secrets.token_hex(4)
    return b"\n".join(json.dumps(_person(run, number)).encode() for number in range(count))


def _person(run: str, number: int) -> dict[str, object]:
    return {
        "resourceType": "Patient",
        "id": f"{run}-{number}",
        "name": [{"use": "official", "family": f"Family{number}", "given": ["Ana", "María"]}],
        "gender": "female",
        "birthDate": "1982-03-14",
        "telecom": [{"system": "phone", "value": f"+336{number:08}"}],
        "address": [{"line": [f"{number} rue de la Paix"], "city": "Paris", "postalCode": "75001"}],
    }


def begin_import(clinic: RunningClinic, manager: Visitor, count: int) -> int:
    """Upload and start one as a manager does; its number, once it runs."""
    fields = dict(manager.form("/imports/new", source=f"source {secrets.token_hex(4)}"))
    boundary = secrets.token_hex(16)
    parts = [_part(boundary, f'name="{name}"', value.encode()) for name, value in fields.items() if name != "file"]
    parts.append(_part(boundary, 'name="file"; filename="patients.ndjson"', persons(count)))
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    sent = manager.request("POST", "/imports", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert sent.status == 303, sent.text[:2000]
    number = int(sent.location.rpartition("/")[2])
    started = manager.send(f"/imports/{number}/start", manager.form(sent.location))
    assert started.status == 303, started.text[:2000]
    wait_until(lambda: state_of(clinic, number) == "running", 120, "the import does not begin")
    return number


def _part(boundary: str, disposition: str, value: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + value + b"\r\n"


def state_of(clinic: RunningClinic, number: int) -> str:
    return str(clinic.rows(f"SELECT state FROM imports WHERE id = {number}")[0][0])


@contextmanager
def importing(clinic: RunningClinic, manager: Visitor, count: int) -> Iterator[None]:
    """An import that goes on for the whole of the block; it is cancelled afterwards."""
    number = begin_import(clinic, manager, count)
    yield
    assert state_of(clinic, number) == "running", "it was over before the block was: give it more rows"
    manager.send(f"/imports/{number}/cancel", [("csrf_token", dict(manager.form("/imports/new"))["csrf_token"])])
    wait_until(lambda: state_of(clinic, number) != "running", 60, "it is not cancelled")


def book_one_time(clinic: RunningClinic, days: int) -> Counter[int]:
    """Fifty people book the first free time of a practitioner from `days` ahead at once: how many had which answer."""
    desk = Visitor(clinic.port).sign_in("reception", PASSWORD)
    # Whoever has an appointment that day already would be asked whether this is a second one.
    nowhere = "is_active AND NOT is_deceased AND id NOT IN (SELECT patient_id FROM appointments)"
    patients = clinic.rows(f"SELECT id FROM patients WHERE {nowhere} ORDER BY id LIMIT {PEOPLE}")
    assert len(patients) == PEOPLE
    wanted = {
        "practitioner_id": "0",
        "from_day": time.strftime("%Y-%m-%d", time.localtime(time.time() + days * 86_400)),
        "part": "any",
    }
    for (service,) in clinic.rows("SELECT id FROM services WHERE is_active ORDER BY id"):
        wanted["service_id"] = str(service)
        if slot := _first_free(desk, wanted):
            break
    token = dict(desk.form("/queue/tickets/new"))["csrf_token"]

    def book(patient_id: int) -> int:
        form = {**wanted, "patient_id": str(patient_id), "slot": slot, "csrf_token": token}
        return desk.send("/appointments", [*form.items(), ("idempotency_key", secrets.token_urlsafe(24))]).status

    with ThreadPoolExecutor(PEOPLE) as people:
        return Counter(people.map(book, [int(patient_id) for (patient_id,) in patients]))


def _first_free(desk: Visitor, wanted: dict[str, str]) -> str:
    free = desk.request("GET", f"/appointments/slots?{urlencode(wanted)}", headers=HTMX).text
    found = re.findall(r'value="([^"]+)"[^>]*name="slot"|name="slot"[^>]*value="([^"]+)"', free)
    return "".join(found[0]) if found else ""


def give_tickets(clinic: RunningClinic, count: int) -> list[float]:
    """So many walk-in tickets one after the other; the seconds that each took, sorted."""
    desk = Visitor(clinic.port).sign_in("reception", PASSWORD)
    fields, taken = desk.form("/queue/tickets/new"), []
    for _ in range(count):
        sent = [*((n, v) for n, v in fields if n != "idempotency_key"), ("idempotency_key", secrets.token_urlsafe(24))]
        began = time.monotonic()
        answer = desk.send("/queue/tickets", sent)
        taken.append(time.monotonic() - began)
        assert answer.status == 303, answer.text[:2000]
    return sorted(taken)


def p95(seconds: list[float]) -> float:
    return seconds[int(len(seconds) * 0.95)]
