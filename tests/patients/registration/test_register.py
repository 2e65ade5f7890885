"""Registering a patient in the browser's way: form, errors, duplicates, double submit."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.patients.models import BirthPrecision, Patient, Sex
from tests.browser_client import Browser, check_page
from tests.patients.records import FULL, entries, fields_of, register

KEY = "k" * 24
MARIA = {
    "idempotency_key": KEY,
    "family_name": "Núñez",
    "given_name": "María",
    "birth_date": "14/3/82",
    "sex": "female",
    "phone": "06 12 34 56 78",
}


def only_patient(session: Session) -> Patient:
    return session.scalars(select(Patient)).one()


def count(session: Session) -> int:
    return session.scalar(select(func.count(Patient.id))) or 0


def test_the_first_screen_asks_for_four_things_and_the_rest_is_folded(receptionist: Browser) -> None:
    html = receptionist.page("/patients/new")
    core = html.split('id="patient-core"')[1].split('id="duplicates"')[0]
    assert [core.count(f'name="{name}"') for name in ("family_name", "given_name", "birth_date", "phone")] == [1] * 4
    assert core.count('name="sex"') == 4
    assert "<details" not in core
    folds = html.split('id="patient-form"')[1].split("</form>")[0]
    assert folds.count('<details class="unfold"') == 6
    assert " open>" not in folds


def test_registering_opens_the_chart(receptionist: Browser, session: Session) -> None:
    answer = receptionist.post("/patients/new", MARIA)
    patient = only_patient(session)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient.id}")
    assert (patient.birth_date.isoformat(), patient.birth_precision) == ("1982-03-14", BirthPrecision.DAY)  # type: ignore[union-attr]
    assert patient.telecoms == [{"system": "phone", "value": "+33612345678", "typed": "06 12 34 56 78", "use": None}]
    assert patient.sex == Sex.FEMALE
    assert "Registered with MRN" in receptionist.page(answer.location)
    (entry,) = [e for e in entries(session, patient.id) if e.action == "patients.register"]
    assert entry.after["family_name"] == "Núñez"
    assert entry.actor_name == "Ana Reception"


def test_everything_unfolded_is_kept(receptionist: Browser, session: Session) -> None:
    more = {
        "prefix": "Dr",
        "other_names-0-use": "maiden",
        "other_names-0-family": "Díaz",
        "identifiers-0-kind": "fr_nir",
        "identifiers-0-value": "295109912611193",
        "identifiers-1-kind": "passport",
        "identifiers-1-value": "X1",
        "identifiers-1-issuer": "ES",
        "identifiers-1-valid_until": "31/12/2030",
        "email": "maria@example.org",
        "address_lines": "4 rue des Lilas\nApt 2",
        "postal_code": "69003",
        "city": "Lyon",
        "contacts-0-name": "Íñigo",
        "contacts-0-relationship": "brother",
        "contacts-0-phone": "0611111111",
        "coverages-0-payer": "CPAM",
        "coverages-0-valid_from": "1/1/2026",
        "coverages-1-payer": "Mutuelle",
        "coverages-1-member_number": "42",
        "language": "es",
        "consent_to_contact": "yes",
        "consent_to_share": "no",
        "notes": "Prefers mornings",
    }
    assert receptionist.post("/patients/new", MARIA | more).status_code == 303
    patient = only_patient(session)
    assert [(i.kind, i.value) for i in patient.identifiers] == [
        ("fr_nir", "2 95 10 99 126 111 93"),
        ("passport", "X1"),
    ]
    assert [(c.payer, c.priority) for c in patient.coverages] == [("CPAM", 1), ("Mutuelle", 2)]
    assert patient.addresses[0]["lines"] == ["4 rue des Lilas", "Apt 2"]
    assert patient.contacts == [{"name": "Íñigo", "relationship": "brother", "phone": "+33611111111"}]
    assert patient.other_names == [{"use": "maiden", "family": "Díaz"}]
    assert (patient.consent_to_contact, patient.consent_to_share, patient.language) == (True, False, "es")
    assert patient.email == "maria@example.org"
    html = receptionist.page(f"/patients/{patient.id}")
    assert "Mutuelle" in html
    assert "Spanish" in html


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"family_name": " ", "given_name": ""}, "at least one name"),
        ({"birth_date": "31/2/1982"}, "date of the past"),
        ({"birth_date": "1/1/2040"}, "date of the past"),
        ({"phone": "12"}, "no phone number"),
        ({"email": "maria"}, "no e-mail"),
        ({"identifiers-0-kind": "fr_nir", "identifiers-0-value": "295109912611194"}, "check digits"),
        ({"contacts-0-phone": "abc", "contacts-0-name": "X"}, "no phone number"),
        ({"contacts-0-relationship": "brother"}, "Say who this is"),
        ({"coverages-0-plan": "Gold"}, "Say who pays"),
        ({"coverages-0-payer": "A", "coverages-0-valid_until": "soon"}, "This is no date"),
        ({"coverages-0-payer": "A", "coverages-0-valid_from": "2/1/26", "coverages-0-valid_until": "1/1/26"}, "before"),
        ({"sex": "purple"}, "valid choice"),
        ({"practitioner_id": "77"}, "valid choice"),
        ({"idempotency_key": "short"}, "expired"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    receptionist: Browser, session: Session, typed: dict[str, str], message: str
) -> None:
    answer = receptionist.post("/patients/new", MARIA | {"notes": "Keep me"} | typed)
    html = answer.get_data(as_text=True)
    check_page(html)
    assert answer.status_code == 422
    assert message in html
    assert "Keep me" in html
    for name, value in typed.items():
        assert name in ("sex", "practitioner_id") or value.strip() in html
    assert count(session) == 0


def test_the_same_form_sent_twice_makes_one_patient_and_opens_it(receptionist: Browser, session: Session) -> None:
    answers = [receptionist.post("/patients/new", MARIA) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert count(session) == 1


def test_htmx_is_sent_to_the_chart(receptionist: Browser, session: Session) -> None:
    answer = receptionist.htmx("POST", "/patients/new", MARIA)
    assert answer.headers["HX-Redirect"] == f"/patients/{only_patient(session).id}"


def test_a_likely_duplicate_is_registered_after_exactly_one_confirmation(
    receptionist: Browser, session: Session
) -> None:
    first = register(session)
    again: dict[str, Any] = MARIA | {"family_name": FULL.family_name, "given_name": FULL.given_name}
    answer = receptionist.post("/patients/new", again)
    html = answer.get_data(as_text=True)
    check_page(html)
    assert answer.status_code == 409
    assert "Register anyway" in html
    assert "same phone" in html
    assert f"/patients/{first.id}" in html
    assert count(session) == 1
    assert receptionist.post("/patients/new", again | {"confirmed": str(first.id)}).status_code == 303
    assert count(session) == 2


def test_one_name_is_enough_in_either_field(receptionist: Browser, session: Session) -> None:
    for number, field in enumerate(("family_name", "given_name")):
        key = {"idempotency_key": str(number) * 24}
        assert receptionist.post("/patients/new", {field: f"Sukarno{number}x", **key}).status_code == 303
    assert count(session) == 2


@pytest.mark.parametrize(
    ("typed", "stored", "precision"),
    [("3/1982", "1982-03-01", "month"), ("1982", "1982-01-01", "year"), ("~1950", "1950-01-01", "estimated")],
)
def test_a_birth_date_keeps_how_much_is_known(
    receptionist: Browser, session: Session, typed: str, stored: str, precision: str
) -> None:
    receptionist.post("/patients/new", MARIA | {"birth_date": typed})
    patient = only_patient(session)
    assert (str(patient.birth_date), patient.birth_precision.value) == (stored, precision)


def test_how_the_birth_date_was_understood_is_shown_while_typing(receptionist: Browser) -> None:
    def shown(typed: str) -> str:
        return receptionist.htmx("POST", "/patients/birth-date", {"birth_date": typed}).get_data(as_text=True)

    assert "14 Mar 1982" in shown("14/3/82") or "Mar 14, 1982" in shown("14/3/82")
    assert "day not known" in shown("3/1982")
    assert "estimated" in shown("~40")
    assert "date of the past" in shown("31/2/82")
    assert "or ~40" in shown("")


def test_rows_are_added_and_removed_without_script(receptionist: Browser) -> None:
    typed = MARIA | {"identifiers-0-kind": "passport", "identifiers-0-value": "X1", "contacts-0-name": "Iñigo"}
    more = receptionist.post("/patients/new", typed | {"rows": "add-identifiers"}).get_data(as_text=True)
    check_page(more)
    assert 'name="identifiers-1-value"' in more
    assert 'value="X1"' in more
    fewer = receptionist.post("/patients/new", typed | {"rows": "remove-identifiers-0"}).get_data(as_text=True)
    assert 'value="X1"' not in fewer
    assert "Iñigo" in fewer
    assert receptionist.post("/patients/new", typed | {"rows": "add-everything"}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "family", "given", "born", "phone"),
    [
        ("nunez", "Nunez", "", "", ""),
        ("Maria José NUNEZ 14/3/82", "NUNEZ", "Maria José", "14/03/1982", ""),
        ("diaz 06 12 34 56 78", "Diaz", "", "", "06 12 34 56 78"),
        ("", "", "", "", ""),
    ],
)
def test_what_was_searched_begins_the_form(
    receptionist: Browser, typed: str, family: str, given: str, born: str, phone: str
) -> None:
    html = receptionist.post("/patients/begin", {"typed": typed}).get_data(as_text=True)
    check_page(html)
    fields = fields_of(html)
    found = [fields[name] for name in ("family_name", "given_name", "birth_date", "phone")]
    assert found == [family, given, born, phone]


def test_a_contact_with_a_name_only_is_shown(receptionist: Browser) -> None:
    answer = receptionist.post("/patients/new", MARIA | {"contacts-0-name": "Guntur"})
    assert "Guntur" in receptionist.page(answer.location)


def test_the_cashier_may_not_register(cashier: Browser) -> None:
    assert cashier.get("/patients/new").status_code == 403
    for url in ("/patients/new", "/patients/begin", "/patients/duplicates", "/patients/birth-date"):
        assert cashier.post(url, MARIA).status_code == 403
