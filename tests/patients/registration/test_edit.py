"""Editing a patient: what is untouched stays, and two people do not overwrite each other."""

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.patients import service
from clinic.patients.details import CoverageDetails, IdentifierDetails, PatientDetails, details_of
from clinic.patients.models import BirthPrecision, Patient, Sex
from tests.browser_client import Browser, check_page
from tests.factories import NOW, TESTER
from tests.patients.records import FULL, PHONE, entries, fields_of, register

ODD = PatientDetails(
    family_name="Medhurst46",
    given_name="Sumiko254 Larue605",
    prefix="Mrs.",
    other_names=({"use": "maiden", "text": "Sumiko Cummerata"}, {"use": "weird", "family": "A", "given": "B", "x": 1}),
    birth_date=dt.date(1950, 1, 1),
    birth_precision=BirthPrecision.ESTIMATED,
    sex=Sex.OTHER,
    deceased_on=dt.date(2020, 2, 29),
    language="English (United States)",
    telecoms=(
        {"system": "phone", "value": "555-1", "typed": "555-1", "use": "home"},
        PHONE,
        {"system": "email", "value": "a@example.org", "use": None},
        {"system": "phone", "value": "+33622222222", "typed": "0622222222", "use": "work"},
        {"system": "email", "value": "b@example.org", "use": "work"},
    ),
    addresses=(
        {"lines": ["1 A", "B"], "city": "X", "district": "D", "state": "S", "postal_code": "1", "country": "US"},
        {"lines": ["Second home"], "use": "vacation"},
    ),
    contacts=({"name": "Ann", "phone": "not a number", "extra": True}, {"name": "Bo", "phone": "+33611111111"}),
    extra={"race": "White"},
    identifiers=(
        IdentifierDetails(kind="us_ssn", value="999-94-5397"),
        IdentifierDetails(kind="http://hospital.example", value="129c6ac7", valid_until=dt.date(2030, 1, 31)),
    ),
    coverages=(CoverageDetails(payer="P", priority=1), CoverageDetails(payer="Q", priority=1)),
    consent_to_contact=False,
)


def send(browser: Browser, patient: Patient, **changes: Any) -> Any:
    url = f"/patients/{patient.id}/edit"
    return browser.post(url, fields_of(browser.page(url)) | changes)


def change_meanwhile(session: Session, patient: Patient, **changes: Any) -> None:
    with transaction(session):
        service.update_patient(
            session,
            patient_id=patient.id,
            details=replace(details_of(patient), **changes),
            expected_version=None,
            actor=TESTER,
            now=NOW,
        )


def test_saving_an_untouched_form_changes_nothing_however_odd_the_record(
    receptionist: Browser, session: Session
) -> None:
    for details in (FULL, ODD, PatientDetails(given_name="Sukarno")):
        patient = register(session, details)
        answer = send(receptionist, patient)
        assert answer.status_code == 303, fields_of(answer.get_data(as_text=True))
        session.expire_all()
        assert details_of(patient) == replace(details, extra=details.extra or {})
        assert patient.version == 1


def test_one_changed_field_is_the_only_one_in_the_log(receptionist: Browser, session: Session) -> None:
    patient = register(session, ODD)
    answer = send(receptionist, patient, notes="Hard of hearing")
    assert answer.location == f"/patients/{patient.id}"
    (entry,) = [e for e in entries(session, patient.id) if e.action == "patients.update"]
    assert (entry.before, entry.after) == ({"notes": None}, {"notes": "Hard of hearing"})


def test_a_new_number_must_be_right_even_where_a_wrong_one_was_on_file(receptionist: Browser, session: Session) -> None:
    patient = register(session, ODD)
    answer = send(receptionist, patient, **{"identifiers-0-value": "999-94-5398", "phone": "555-2"})
    html = answer.get_data(as_text=True)
    check_page(html)
    assert answer.status_code == 422
    assert "no phone number" in html
    assert "999-94-5398" in html


def test_what_another_person_changed_meanwhile_is_taken_over_and_shown(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    old = fields_of(receptionist.page(f"/patients/{patient.id}/edit"))
    change_meanwhile(session, patient, telecoms=(), notes="Theirs")
    answer = receptionist.post(f"/patients/{patient.id}/edit", old | {"city": "Paris"})
    html = answer.get_data(as_text=True)
    check_page(html)
    assert answer.status_code == 409
    assert "Somebody changed this patient" in html
    assert "You both changed" not in html
    again = fields_of(html)
    assert (again["phone"], again["notes"], again["city"], again["version"]) == ("", "Theirs", "Paris", "2")
    assert receptionist.post(f"/patients/{patient.id}/edit", again).status_code == 303
    session.expire_all()
    assert (patient.telecoms, patient.notes, patient.addresses[0]["city"]) == ([], "Theirs", "Paris")


def test_what_both_changed_is_named_and_mine_stands_in_the_form(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    old = fields_of(receptionist.page(f"/patients/{patient.id}/edit"))
    change_meanwhile(session, patient, notes="Theirs")
    html = receptionist.post(f"/patients/{patient.id}/edit", old | {"notes": "Mine"}).get_data(as_text=True)
    assert "You both changed: Notes" in html
    assert "Theirs" in html
    assert fields_of(html)["notes"] == "Mine"


def test_rows_can_be_added_while_editing(receptionist: Browser, session: Session) -> None:
    html = send(receptionist, register(session), rows="add-coverages").get_data(as_text=True)
    assert 'name="coverages-1-payer"' in html
    assert "CPAM" in html


def test_nobody_is_nowhere_and_the_cashier_may_not(receptionist: Browser, session: Session) -> None:
    assert receptionist.get("/patients/999999/edit").status_code == 404
    assert receptionist.post("/patients/999999/edit", {"given_name": "A"}).status_code == 404


def test_the_cashier_may_not_edit(cashier: Browser, session: Session) -> None:
    patient = register(session)
    assert cashier.get(f"/patients/{patient.id}/edit").status_code == 403
    assert cashier.post(f"/patients/{patient.id}/edit", {"given_name": "A"}).status_code == 403
