"""Alerts on the chart."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.auth.access import Role
from tests.browser_client import Browser
from tests.factories import Factory
from tests.patients.records import entries, register

KEY = "k" * 24
ALLERGY = {"text": "Allergic to penicillin", "level": "danger", "idempotency_key": KEY}


def test_an_alert_stands_on_the_chart_until_it_is_voided(receptionist: Browser, session: Session) -> None:
    url = f"/patients/{register(session).id}"
    receptionist.page(f"{url}/alerts/new")
    assert receptionist.post(f"{url}/alerts", ALLERGY).status_code == 303
    html = receptionist.page(url)
    assert "Allergic to penicillin" in html
    alert_id = html.split('id="alert-')[1].split('"')[0]
    assert "Allergic" in receptionist.page(f"{url}/alerts/{alert_id}/void")
    answer = receptionist.htmx("POST", f"{url}/alerts/{alert_id}/void", {"reason": "Tested negative"})
    assert "Allergic" not in answer.get_data(as_text=True)
    assert receptionist.post(f"{url}/alerts/{alert_id}/void", {"reason": "Again"}).status_code == 409


def test_the_same_alert_sent_twice_is_one(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    for _ in range(2):
        receptionist.post(f"/patients/{patient.id}/alerts", ALLERGY)
    assert [e.action for e in entries(session, patient.id)].count("patients.add_alert") == 1


@pytest.mark.parametrize(
    "change", [{"text": " "}, {"text": "x" * 301}, {"level": "loud"}, {"idempotency_key": "short"}]
)
def test_a_wrong_alert_is_refused_with_what_was_typed(
    receptionist: Browser, session: Session, change: dict[str, str]
) -> None:
    answer = receptionist.post(f"/patients/{register(session).id}/alerts", ALLERGY | change)
    assert answer.status_code == 422
    assert str(change.get("text", "Allergic to penicillin")).strip() in answer.get_data(as_text=True)


def test_an_alert_of_another_patient_is_not_found(receptionist: Browser, session: Session) -> None:
    first, second = register(session), register(session)
    receptionist.post(f"/patients/{first.id}/alerts", ALLERGY)
    alert_id = session.execute(text("SELECT id FROM patient_alerts")).scalar_one()
    assert receptionist.post(f"/patients/{second.id}/alerts/{alert_id}/void", {"reason": "x"}).status_code == 404
    assert receptionist.get(f"/patients/{second.id}/alerts/{alert_id}/void").status_code == 404


def test_the_text_is_sealed_at_rest(receptionist: Browser, session: Session) -> None:
    receptionist.post(f"/patients/{register(session).id}/alerts", ALLERGY)
    assert b"penicillin" not in bytes(session.execute(text("SELECT text FROM patient_alerts")).scalar_one())


def test_the_cashier_may_not(cashier: Browser, session: Session) -> None:
    url = f"/patients/{register(session).id}/alerts"
    assert cashier.get(f"{url}/new").status_code == 403
    assert cashier.post(url, ALLERGY).status_code == 403
    assert cashier.post(f"{url}/1/void", {"reason": "x"}).status_code == 403


@pytest.mark.guards("whoever treats a patient may write an alert on the chart")
def test_a_practitioner_records_an_alert_and_edits_nothing_else(
    browser: Browser, make: Factory, session: Session
) -> None:
    doctor, url = browser.sign_in(make.user(Role.PRACTITIONER)), f"/patients/{register(session).id}"
    chart = doctor.page(url)
    assert f'href="{url}/alerts/new"' in chart
    assert f'href="{url}/edit"' not in chart
    assert doctor.post(f"{url}/alerts", ALLERGY).status_code == 303
    assert "Allergic to penicillin" in doctor.page(url)
    cashier = doctor.sign_in(make.user(Role.CASHIER))
    assert cashier.post(f"{url}/alerts", ALLERGY).status_code == 403
