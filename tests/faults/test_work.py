"""Work goes on while processes are killed: nothing acknowledged is lost, nothing is done twice."""

import csv
import functools
import hashlib
import io
from collections import Counter

import pytest

from tests.documents.files import pdf
from tests.faults.stubborn import Uploader, acknowledged, signed_in, until_answered, while_killing
from tests.http_visitor import Answer, Visitor
from tests.running_clinic import RunningClinic, wait_until

pytestmark = pytest.mark.faults
CHECK_INS = 40
FILES = 6
MEGABYTE = 1024**2


def check_in(visitor: Visitor, tickets: dict[str, str]) -> None:
    """Walk-in tickets one after the other, each form sent again until the server says which ticket it gave."""
    for _ in range(CHECK_INS):
        fields = until_answered(lambda: visitor.form("/queue/tickets/new"))
        answer = until_answered(functools.partial(_send_once, visitor, fields))
        tickets[dict(fields)["idempotency_key"]] = answer


def _send_once(visitor: Visitor, fields: list[tuple[str, str]]) -> str | None:
    answer = acknowledged(visitor.send("/queue/tickets", fields), 303)
    return answer.location if answer else None


def test_check_ins_survive_kills_of_web_and_valkey(clinic: RunningClinic) -> None:
    tickets: dict[str, str] = {}
    people = [signed_in(clinic, name) for name in ("reception", "reception2", "nurse", "manager")]
    work = [functools.partial(check_in, visitor, tickets) for visitor in people]
    while_killing(clinic, ["web", "valkey", "web", "valkey", "worker", "web"], work)
    kept = {key: f"/queue/{entry}/ticket" for entry, key in _entries(clinic)}
    assert {key: kept.get(key) for key in tickets} == tickets
    assert len(tickets) == len(people) * CHECK_INS
    assert len([key for key in kept if key in tickets]) == len(tickets)
    for day, prefix, count, highest, distinct in clinic.rows(
        "SELECT day, prefix, count(*), max(number), count(DISTINCT number) FROM queue_entries GROUP BY day, prefix"
    ):
        assert (count, distinct) == (highest, highest), f"tickets {prefix} of {day}"
    assert "each sound" in clinic.flask("audit", "verify")


def _entries(clinic: RunningClinic) -> list[tuple[int, str]]:
    return [
        (int(entry), str(key))
        for entry, key in clinic.rows("SELECT id, idempotency_key FROM queue_entries WHERE idempotency_key IS NOT NULL")
    ]


def test_uploads_survive_kills_of_web_and_valkey(clinic: RunningClinic) -> None:
    without = "is_active AND id NOT IN (SELECT patient_id FROM documents)"
    patient_id = int(clinic.rows(f"SELECT min(id) FROM patients WHERE {without}")[0][0])
    sent: list[str] = []

    def upload(visitor: Visitor) -> None:
        uploader = Uploader(visitor, patient_id)
        for number in range(FILES):
            sent.append(uploader.upload(pdf(2 * MEGABYTE), f"scan-{number}.pdf"))

    people = [signed_in(clinic, name) for name in ("reception", "nurse")]
    work = [functools.partial(upload, visitor) for visitor in people]
    while_killing(clinic, ["web", "web", "valkey", "web"], work)
    documents = clinic.rows(f"SELECT id FROM documents WHERE patient_id = {patient_id}")
    kept = [_download(people[0], int(document_id)).body for (document_id,) in documents]
    assert Counter(hashlib.sha256(body).hexdigest() for body in kept) == Counter(sent)
    assert len(sent) == len(people) * FILES


def _download(visitor: Visitor, document_id: int) -> Answer:
    return until_answered(lambda: acknowledged(visitor.get(f"/documents/{document_id}/download"), 200))


def test_an_export_survives_kills_of_its_worker_and_of_valkey(clinic: RunningClinic) -> None:
    clinic.flask("sample", "load", "--patients", "30000")
    manager = signed_in(clinic, "manager")
    fields = manager.form("/exports/new?kind=patients")
    for _ in range(2):
        assert manager.send("/exports", fields).status == 303
    assert len(_exports(clinic)) == 1, "the same form twice is one export"
    wait_until(lambda: _exports(clinic)[0][1] == "running", 30, "it does not start")
    clinic.kill("worker")
    clinic.kill("valkey")
    wait_until(
        lambda: _exports(clinic)[0][1] == "finished", 200, f"not finished: {_exports(clinic)}\n{clinic.log[-3000:]}"
    )
    ((export_id, _, rows, digest),) = _exports(clinic)
    body = manager.get(f"/exports/{export_id}/file").body
    (patients,) = clinic.rows("SELECT count(*) FROM patients WHERE is_active")[0]
    assert hashlib.sha256(body).hexdigest() == digest
    assert rows == patients == len(list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))) - 1


def _exports(clinic: RunningClinic) -> list[tuple[int, str, int, str]]:
    return [
        (int(i), str(state), int(rows or 0), str(digest))
        for i, state, rows, digest in clinic.rows("SELECT id, state, rows_done, sha256 FROM exports ORDER BY id")
    ]
