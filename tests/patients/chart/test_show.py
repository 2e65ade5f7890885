"""The chart page."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from clinic.patients.details import CoverageDetails, PatientDetails
from clinic.patients.models import BirthPrecision
from tests.browser_client import Browser
from tests.patients.records import FULL, entries, register
from tests.query_count import count_queries


def test_the_chart_shows_who_it_is_about(receptionist: Browser, session: Session) -> None:
    details = replace(FULL, birth_date=dt.date(1982, 1, 1), birth_precision=BirthPrecision.YEAR)
    patient = register(session, replace(details, other_names=({"use": "maiden", "family": "Diaz"},)))
    html = receptionist.page(f"/patients/{patient.id}")
    for text in ("María José Núñez de Balboa", patient.mrn, "1982", "06 12 34 56 78", "Diaz", "name at birth", "CPAM"):
        assert text in html
    assert "1 Jan 1982" not in html
    assert "Prefers mornings" in html


def test_opening_the_chart_again_is_recorded_once_and_a_part_of_it_too(
    receptionist: Browser, session: Session, write_readings: Callable[[], int]
) -> None:
    patient = register(session)
    for _ in range(2):
        receptionist.get(f"/patients/{patient.id}")
        receptionist.htmx("GET", f"/patients/{patient.id}")
        receptionist.get(f"/patients/{patient.id}/header")
    write_readings()
    opened = [e for e in entries(session, patient.id) if e.action == "patients.open"]
    assert [(e.actor_name, e.after["view"]) for e in opened] == [
        ("Ana Reception", "patients.show"),
        ("Ana Reception", "patients.header"),
    ]


def test_a_tab_loaded_alone_is_the_part_only(receptionist: Browser, session: Session) -> None:
    html = receptionist.htmx("GET", f"/patients/{register(session).id}").get_data(as_text=True)
    assert "chart-summary" in html
    assert "<h1" not in html


def test_there_is_no_chart_of_nobody(receptionist: Browser) -> None:
    for url in ("/patients/999999", "/patients/999999/header", "/patients/999999/activity"):
        assert receptionist.get(url).status_code == 404


def test_the_cashier_sees_the_chart_without_ways_to_change_it(cashier: Browser, session: Session) -> None:
    html = cashier.page(f"/patients/{register(session).id}")
    assert "Deactivate" not in html
    assert "/edit" not in html


def test_only_coverage_that_is_valid_today_counts_in_the_header(receptionist: Browser, session: Session) -> None:
    expired = CoverageDetails(payer="Old payer", valid_until=dt.date(2020, 1, 1))
    patient = register(session, PatientDetails(given_name="Sukarno", coverages=(expired,)))
    html = receptionist.page(f"/patients/{patient.id}")
    assert "Covered by" not in html
    assert "Expired" in html


def test_text_a_person_typed_is_escaped(receptionist: Browser, session: Session) -> None:
    patient = register(session, replace(FULL, notes="<img src=x hx-post=/x>", family_name="<b>Bold</b>"))
    html = receptionist.page(f"/patients/{patient.id}")
    assert "<img" not in html
    assert "<b>Bold" not in html


def test_the_chart_asks_the_database_the_same_number_of_questions_however_full_it_is(
    receptionist: Browser, session: Session
) -> None:
    counts = []
    for details in (PatientDetails(given_name="Sukarno"), replace(FULL, coverages=FULL.coverages * 5)):
        patient_id = register(session, details).id
        with count_queries(session) as statements:
            receptionist.htmx("GET", f"/patients/{patient_id}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_the_dead_and_the_inactive_are_marked(receptionist: Browser, session: Session) -> None:
    patient = register(session, replace(FULL, deceased_on=dt.date(2026, 2, 1)))
    assert "Died" in receptionist.page(f"/patients/{patient.id}")
