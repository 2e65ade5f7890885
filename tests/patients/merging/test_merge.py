"""Two records become one: what the survivor says, what moves, and where the other one is found afterwards."""

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.audit.service import verify_chain
from clinic.db import transaction
from clinic.errors import Conflict, Invalid, Merged, NotFound
from clinic.idempotency import key_of
from clinic.patients import service as patients
from clinic.patients.alerts.service import add_alert
from clinic.patients.chart.queries import list_history
from clinic.patients.details import details_of
from clinic.patients.duplicates.queries import find_duplicates
from clinic.patients.merging.combining import Choice
from clinic.patients.models import AlertLevel, Patient, PatientAlert
from clinic.patients.queries import find_by_mrn
from tests.browser_client import Browser
from tests.factories import NOW, TESTER, Factory
from tests.patients.merging.records import ADAESE, ADAEZE, OTHER_PHONE, merge, two_records
from tests.patients.records import PHONE, entries, register


def test_the_survivor_keeps_its_values_and_takes_what_it_lacks(session: Session) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    assert (survivor.given_name, survivor.sex) == ("Adaeze", "female")
    assert survivor.telecoms == [PHONE, OTHER_PHONE]
    assert survivor.notes == "Prefers mornings\nUses a wheelchair"
    assert survivor.other_names == [{"use": "old", "family": "Okafor", "given": "Adaese"}]
    assert " adaese " in survivor.search_name


def test_each_field_is_the_one_chosen(session: Session) -> None:
    survivor, other = two_records(session)
    choices = {"given_name": Choice.OTHER, "telecoms": Choice.OTHER, "notes": Choice.SURVIVOR, "sex": Choice.SURVIVOR}
    merge(session, survivor, other, choices=choices, keeps_name=False)
    assert (survivor.given_name, survivor.display_name, survivor.sex) == ("Adaese", "Adaese Okafor", "unknown")
    assert (survivor.telecoms, survivor.notes, survivor.other_names) == ([PHONE, OTHER_PHONE], "Prefers mornings", [])


def test_identifiers_and_coverages_move_but_for_those_the_survivor_has(session: Session) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    assert [i.value for i in survivor.identifiers] == ["X5363A", "Y7777B"]
    assert [(c.payer, c.priority) for c in survivor.coverages] == [("CPAM", 1), ("MGEN", 2)]
    assert [i.value for i in other.identifiers] == ["X 5363a"]


def test_the_first_registration_and_the_last_visit_count(session: Session) -> None:
    survivor, other = two_records(session)
    with transaction(session):
        other.last_visit_at, other.registered_at = NOW, NOW - dt.timedelta(days=9)
    merge(session, survivor, other)
    assert (survivor.last_visit_at, survivor.registered_at) == (NOW, NOW - dt.timedelta(days=9))


def test_alerts_and_tickets_move(session: Session, make: Factory) -> None:
    survivor, other = two_records(session)
    with transaction(session):
        add_alert(
            session, patient_id=other.id, level=AlertLevel.DANGER, text="Allergic to latex", actor=TESTER, now=NOW
        )
    ticket = make.ticket(make.service(make.department()), other)
    merge(session, survivor, other)
    assert session.scalars(select(PatientAlert.patient_id)).all() == [survivor.id]
    assert ticket.patient_id == survivor.id


def test_the_old_number_leads_to_the_survivor(receptionist: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    chart = f"/patients/{survivor.id}"
    assert find_by_mrn(session, other.mrn) == find_by_mrn(session, survivor.mrn) == survivor.id
    assert receptionist.post("/patients/search", {"q": other.mrn}).location == chart
    assert f'{chart}"' in receptionist.htmx("POST", "/patients/suggest", {"q": other.mrn}).get_data(as_text=True)
    for path in ("", "/changes", "/documents", "/edit", "/alerts/new"):
        answer = receptionist.get(f"/patients/{other.id}{path}")
        assert (answer.status_code, answer.location) == (303, f"{chart}{path}")
    answer = receptionist.htmx("GET", f"/patients/{other.id}/header")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, chart)
    assert receptionist.get(f"/queue/tickets/new?patient_id={other.id}").location.endswith(f"patient_id={survivor.id}")
    assert other.mrn in receptionist.page(chart)


@pytest.mark.parametrize("typed", ["Okafor", "Adaese", "01/02/1990", "06 12 34 56 78", "X5363A", "5678"])
def test_no_list_or_search_shows_the_merged_record(receptionist: Browser, session: Session, typed: str) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    found = receptionist.htmx("POST", "/patients/suggest", {"q": typed}).get_data(as_text=True)
    listed = receptionist.page("/patients?status=all")
    for html in (found, listed):
        assert f'/patients/{survivor.id}"' in html
        assert f'/patients/{other.id}"' not in html
    assert [d.patient.id for d in find_duplicates(session, ADAEZE)] == [survivor.id]


def test_nothing_new_is_written_for_the_merged_record(receptionist: Browser, session: Session, make: Factory) -> None:
    survivor, other = two_records(session)
    clinic_service = make.service(make.department())
    merge(session, survivor, other)
    with pytest.raises(Merged), transaction(session):
        patients.update_patient(
            session, patient_id=other.id, details=ADAESE, expected_version=None, actor=TESTER, now=NOW
        )
    with pytest.raises(Merged):
        make.ticket(clinic_service, other)
    answer = receptionist.htmx("POST", f"/patients/{other.id}/deactivate", {"reason": "Moved"})
    assert answer.status_code == 409


def test_a_row_that_asked_nobody_is_refused_all_the_same(session: Session) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    alert = PatientAlert(patient_id=other.id, level=AlertLevel.INFO, text="Late", created_at=NOW)
    with pytest.raises(Merged) as refusal, transaction(session):
        session.add(alert)
    assert refusal.value.survivor_id == survivor.id


def test_the_log_names_both_and_rewrites_nothing(session: Session) -> None:
    survivor, other = two_records(session)
    before = [(e.seq, e.digest, e.patient_id) for e in (*entries(session, survivor.id), *entries(session, other.id))]
    merge(session, survivor, other)
    assert [e.action for e in entries(session, survivor.id)] == ["patients.register", "patients.merge"]
    assert [e.action for e in entries(session, other.id)] == ["patients.register", "patients.merged_into"]
    entry = entries(session, survivor.id)[-1]
    assert (entry.before["sex"], entry.after["sex"]) == ("unknown", "female")
    assert entry.after["moved"] == {"coverages": 1, "patient_identifiers": 1}
    history = list_history(session, survivor.id, kind="changes", before=None, limit=9)
    assert [(e.action, e.patient_id) for e in history] == [
        ("patients.merged_into", other.id),
        ("patients.merge", survivor.id),
        ("patients.register", other.id),
        ("patients.register", survivor.id),
    ]
    now = [(e.seq, e.digest, e.patient_id) for e in history[:1:-1]]
    assert now == before
    assert verify_chain(session).problem is None


def test_a_chain_leads_to_its_end_in_one_step(session: Session) -> None:
    first, second = two_records(session)
    third = register(session, ADAEZE)
    merge(session, second, first)
    merge(session, third, second)
    assert (first.merged_into_id, second.merged_into_id) == (third.id, third.id)
    assert find_by_mrn(session, first.mrn) == third.id


def test_the_same_form_sent_twice_merges_once(session: Session) -> None:
    survivor, other = two_records(session)
    done = [merge(session, survivor, other, key=key_of("k" * 24)) for _ in range(2)]
    assert done[0].id == done[1].id


def test_what_was_merged_or_changed_meanwhile_is_a_conflict(session: Session) -> None:
    survivor, other = two_records(session)
    third = register(session, ADAEZE)
    with pytest.raises(Conflict, match="changed"):
        merge(session, survivor, other, versions=(survivor.version, other.version + 1))
    merge(session, survivor, other, versions=(survivor.version, other.version))
    for pair in ((survivor, other), (other, survivor), (third, other), (other, third)):
        with pytest.raises(Conflict, match="merged"):
            merge(session, *pair)


def test_a_record_is_not_merged_with_itself_or_with_nobody(session: Session) -> None:
    survivor, other = two_records(session)
    with pytest.raises(Invalid):
        merge(session, survivor, survivor)
    with pytest.raises(NotFound):
        merge(session, survivor, Patient(id=999_999))
    assert details_of(other) == details_of(session.get_one(Patient, other.id))


def test_the_values_that_an_undo_needs_are_sealed(session: Session) -> None:
    survivor, other = two_records(session)
    merge(session, survivor, other)
    assert b"wheelchair" not in bytes(session.execute(text("SELECT record FROM patient_merges")).scalar_one())
