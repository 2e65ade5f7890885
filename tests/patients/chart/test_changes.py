"""The history of changes on the chart."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from clinic.audit.service import SystemActor, record
from clinic.db import transaction
from clinic.patients import service
from clinic.patients.details import details_of
from tests.browser_client import Browser
from tests.factories import NOW, TESTER
from tests.patients.records import register


def test_each_change_says_what_was_before_and_after_in_words(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    with transaction(session):
        changed = replace(details_of(patient), notes="Prefers evenings", consent_to_contact=True, telecoms=())
        service.update_patient(
            session, patient_id=patient.id, details=changed, expected_version=1, actor=TESTER, now=NOW
        )
    html = receptionist.page(f"/patients/{patient.id}/changes")
    for text in (
        "Registered",
        "Changed",
        "Prefers mornings",
        "Prefers evenings",
        "06 12 34 56 78",
        "Given",
        "Passport",
    ):
        assert text in html
    assert "practitioner_id" not in html
    assert "Opened the chart" not in html


def test_who_looked_is_shown_on_request(
    receptionist: Browser, session: Session, write_readings: Callable[[], int]
) -> None:
    patient = register(session)
    receptionist.get(f"/patients/{patient.id}")
    write_readings()
    html = receptionist.page(f"/patients/{patient.id}/changes?show=openings")
    assert "Opened the chart" in html
    assert "Ana Reception" in html
    assert "Prefers mornings" not in html
    assert "Opened the chart" in receptionist.page(f"/patients/{patient.id}/changes?show=all")


def test_a_long_history_is_read_page_by_page(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    with transaction(session):
        for number in range(60):
            reader = SystemActor(f"reader {number}")
            record(session, "patients.open", "patient", patient.id, actor=reader, now=NOW, patient_id=patient.id)
    url = f"/patients/{patient.id}/changes?show=openings"
    first = receptionist.htmx("GET", url).get_data(as_text=True)
    assert first.count("Opened the chart") == 50
    after = first.split("after=")[1].split('"')[0]
    assert receptionist.htmx("GET", f"{url}&after={after}").get_data(as_text=True).count("Opened the chart") == 10
    assert receptionist.get("/patients/999999/changes").status_code == 404
