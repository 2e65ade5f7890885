"""Whoever looks at a patient leaves an entry, however they look."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.audit.queries import AuditFilter, list_entries
from clinic.audit.readings.queries import find_misindexed
from clinic.audit.readings.service import digest_of_shown
from clinic.audit.service import verify_chain
from clinic.auth.access import Role, reads, reads_nothing, requires
from clinic.web import reading
from tests.browser_client import HTMX, Browser
from tests.factories import Factory

Write = Callable[[], int]


def found(session: Session, patient_id: int | None = None, action: str | None = None) -> list[AuditEntry]:
    """Entries of readings, oldest first."""
    rows = list_entries(session, AuditFilter(action=action, patient_id=patient_id), before=None, limit=1000)
    return [row for row in reversed(rows) if (row.after or {}).get("view")]


def views(session: Session, patient_id: int) -> list[str]:
    return [entry.after["view"] for entry in found(session, patient_id)]


@pytest.mark.guards("no header of a request hides who opened a chart")
@pytest.mark.parametrize(
    "headers", [{}, HTMX, {"HX-Request": "1"}, {"HX-Request": "true", "HX-Boosted": "true"}, {"Purpose": "prefetch"}]
)
def test_no_header_hides_a_reading(
    cashier: Browser, make: Factory, session: Session, write_readings: Write, headers: dict[str, str]
) -> None:
    patient_id = make.patient().id
    for url in ("/patients/{}", "/patients/{}/changes", "/appointments/patients/{}", "/visits/patients/{}"):
        assert cashier.get(url.format(patient_id), headers=headers).status_code == 200
    write_readings()
    assert views(session, patient_id) == [
        "patients.show",
        "patients.changes",
        "appointments.history",
        "visits.history",
    ]


def test_an_entry_says_who_looked_when_through_what(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write
) -> None:
    patient_id = make.patient().id
    before = clock.now()
    answer = receptionist.get(f"/patients/{patient_id}")
    after = clock.now()
    assert write_readings() == 1
    [entry] = found(session, patient_id)
    assert (entry.actor_name, entry.action, entry.entity, entry.entity_id) == (
        "Ana Reception",
        "patients.open",
        "patient",
        patient_id,
    )
    assert before <= entry.at <= after
    assert entry.request_id == answer.headers["X-Request-ID"]
    assert verify_chain(session).problem is None


@pytest.mark.guards("opening a chart does not wait for the turn to write")
def test_opening_a_chart_writes_nothing_itself(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write
) -> None:
    patient_id = make.patient().id
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        for url in (f"/patients/{patient_id}", f"/patients/{patient_id}/printing/label", "/patients", "/today"):
            assert receptionist.get(url).status_code == 200
        assert not written
        write_readings()
        assert written
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)


@pytest.mark.guards("a list or a search is found in the log from each patient it showed")
def test_a_list_is_one_entry_found_from_everybody_it_showed(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write
) -> None:
    ids = [make.patient(name, "Quentin").id for name in ("Ada", "Bea", "Cleo")]
    for _ in range(3):
        receptionist.post("/patients/suggest", {"q": "quentin", "typing": "1"})
    assert write_readings() == 1
    [entry] = found(session, ids[1])
    assert entry.after == {
        "view": "patients.suggest",
        "shown": 3,
        "noted": sorted(ids),
        "digest": digest_of_shown(ids),
    }
    assert digest_of_shown(ids) != digest_of_shown(ids[:2])
    receptionist.post("/patients/suggest", {"q": "bea quentin", "typing": "1"})
    assert write_readings() == 0
    late = make.patient("Dora", "Quentin").id
    receptionist.post("/patients/suggest", {"q": "quentin", "typing": "1"})
    write_readings()
    assert [e.after["noted"] for e in found(session, late)] == [[late]]
    assert len(found(session, ids[1])) == 1
    assert find_misindexed(session) is None


def test_who_found_nobody_leaves_no_entry(receptionist: Browser, write_readings: Write) -> None:
    assert receptionist.post("/patients/suggest", {"q": "zzzz"}).status_code == 200
    assert write_readings() == 0


@pytest.mark.guards("an attempt that is refused is recorded")
def test_refused_attempts_are_recorded(
    cashier: Browser, make: Factory, session: Session, write_readings: Write
) -> None:
    patient_id = make.patient().id
    for _ in range(3):
        assert cashier.get(f"/patients/{patient_id}/documents").status_code == 403
        assert cashier.get("/audit", headers=HTMX).status_code == 403
        assert cashier.post(f"/patients/{patient_id}/deactivate").status_code == 403
    write_readings()
    refused = found(session, action="access.refuse")
    assert [e.after["view"] for e in refused] == ["documents.index", "audit.index", "patients.deactivate"]
    assert [e.after["view"] for e in found(session, patient_id)] == ["documents.index", "patients.deactivate"]


def test_what_belongs_to_somebody_else_is_refused_and_recorded(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write
) -> None:
    form = {"kind": "patients", "columns": "mrn", "format": "csv", "idempotency_key": "an export of a colleague"}
    assert receptionist.post("/exports", form).status_code == 303
    number = session.execute(text("SELECT max(id) FROM exports")).scalar_one()
    receptionist.sign_in(make.user(Role.RECEPTIONIST))
    assert receptionist.get(f"/exports/{number}").status_code == 404
    assert receptionist.get("/exports/999999").status_code == 404
    write_readings()
    [entry] = found(session, action="access.refuse")
    assert (entry.after["view"], entry.after["tried"]) == ("exports.show", [f"export_id {number}"])


@pytest.mark.guards("reading the audit log is recorded")
def test_reading_the_log_is_recorded(manager: Browser, make: Factory, session: Session, write_readings: Write) -> None:
    patient_id = make.patient().id
    manager.get("/audit")
    manager.get("/audit", headers=HTMX)
    manager.get("/audit/1")
    write_readings()
    assert [(e.entity, e.entity_id) for e in found(session, action="audit.read")] == [
        ("audit_log", None),
        ("audit_log", 1),
    ]
    assert "audit.index" in views(session, patient_id)


def test_the_log_is_narrowed_to_one_patient_lists_included(
    manager: Browser, make: Factory, write_readings: Write
) -> None:
    patient_id = make.patient("Ada", "Quentin").id
    make.patient("Bea", "Other")
    manager.post("/patients/suggest", {"q": "quentin"})
    manager.get("/patients/duplicates")
    write_readings()
    chart = manager.page(f"/patients/{patient_id}/changes")
    assert f'href="/audit?patient={patient_id}"' in chart
    html = manager.page(f"/audit?patient={patient_id}")
    assert "patients.list</code>" in html
    assert "patients.register</code>" in html
    assert "Only what concerns one patient" in html
    assert html.count("patients.register</code>") == 1
    assert "patients.list</code>" not in manager.page("/audit?patient=999999")


def test_the_chart_tells_who_looked(manager: Browser, make: Factory, write_readings: Write) -> None:
    patient_id = make.patient().id
    for url in ("", "/header", "/printing"):
        manager.get(f"/patients/{patient_id}{url}")
    manager.get(f"/visits/patients/{patient_id}")
    write_readings()
    html = manager.page(f"/patients/{patient_id}/changes?show=openings")
    assert html.count("Opened the chart") == 1
    assert "Opened a visit or their list" in html


@pytest.mark.parametrize("statement", ["UPDATE reading_patients SET patient_id = 1", "DELETE FROM reading_patients"])
def test_the_database_refuses_to_change_whom_lists_showed(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write, statement: str
) -> None:
    make.patient()
    receptionist.get("/patients")
    write_readings()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    session.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reading_patients WHERE patient_id = (SELECT max(patient_id) FROM reading_patients)",
        "INSERT INTO reading_patients (seq, patient_id) SELECT max(seq), 999 FROM reading_patients",
        "INSERT INTO reading_patients (seq, patient_id) VALUES (1, 999)",
    ],
)
def test_a_list_that_is_not_found_from_its_patients_any_more_is_noticed(
    receptionist: Browser, make: Factory, session: Session, write_readings: Write, statement: str
) -> None:
    for name in ("Ada", "Bea"):
        make.patient(name)
    receptionist.get("/patients")
    write_readings()
    assert find_misindexed(session) is None
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE reading_patients DISABLE TRIGGER USER"))
    else:
        session.execute(text("DROP TRIGGER reading_patients_no_delete"))
    session.execute(text(statement))
    assert find_misindexed(session) is not None


def _forgetful() -> str:
    return "a chart"


def _honest() -> str:
    reading.shown()
    return "an empty list"


def _mislabelled() -> str:
    return '<a href="/patients/7">Ada</a>'


def _partly() -> str:
    reading.shown(8)
    return '<a href="/patients/7">Ada</a> <a href="/patients/8">Bea</a>'


@pytest.mark.guards("a view that shows patients and names none fails before anybody uses it")
@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (requires("account.use")(reads("list")(_forgetful)), "named nobody"),
        (requires("account.use")(reads_nothing("a test")(_mislabelled)), "did not name"),
        (requires("account.use")(reads("list")(_partly)), "did not name"),
        (requires("account.use")(reads("list")(_honest)), None),
    ],
)
def test_a_view_that_names_nobody_fails(
    app: Flask, receptionist: Browser, view: Callable[[], str], problem: str | None
) -> None:
    rule = Rule("/forgetful-for-test", endpoint="forgetful")
    app.url_map.add(rule)
    app.view_functions["forgetful"] = view
    try:
        if problem:
            with pytest.raises(reading.Unnamed, match=problem):
                receptionist.get("/forgetful-for-test")
        else:
            assert receptionist.get("/forgetful-for-test").status_code == 200
    finally:
        del app.view_functions["forgetful"]
        app.url_map._rules.remove(rule)
        app.url_map._rules_by_endpoint.pop("forgetful")
        app.url_map._matcher.update()
