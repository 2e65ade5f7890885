"""Deactivating and reactivating from the chart."""

from sqlalchemy.orm import Session

from tests.browser_client import Browser
from tests.patients.records import entries, register


def test_deactivate_and_reactivate_without_script(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    assert "Deactivate" in receptionist.page(f"/patients/{patient.id}/activity")
    answer = receptionist.post(f"/patients/{patient.id}/deactivate", {"reason": "Moved to Lyon"})
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient.id}")
    assert "Inactive" in receptionist.page(f"/patients/{patient.id}")
    assert "Reactivate" in receptionist.page(f"/patients/{patient.id}/activity")
    receptionist.post(f"/patients/{patient.id}/reactivate", {"reason": "Came back"})
    assert session.get_one(type(patient), patient.id).is_active
    assert [e.after["reason"] for e in entries(session, patient.id) if e.after and "reason" in e.after] == [
        "Moved to Lyon",
        "Came back",
    ]


def test_the_dialog_answers_with_the_fresh_header_and_closes(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    answer = receptionist.htmx("POST", f"/patients/{patient.id}/deactivate", {"reason": "Moved"})
    assert 'id="chart-header"' in answer.get_data(as_text=True)
    assert "close-dialog" in answer.headers["HX-Trigger"]


def test_no_reason_is_refused_in_the_dialog(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    answer = receptionist.htmx("POST", f"/patients/{patient.id}/deactivate", {"reason": " "})
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#shared-dialog-body"
    assert session.get_one(type(patient), patient.id).is_active


def test_deactivating_twice_is_a_conflict(receptionist: Browser, session: Session) -> None:
    patient = register(session)
    for expected in (303, 409):
        answer = receptionist.post(f"/patients/{patient.id}/deactivate", {"reason": "Moved"})
        assert answer.status_code == expected


def test_the_cashier_may_not(cashier: Browser, session: Session) -> None:
    patient = register(session)
    assert cashier.get(f"/patients/{patient.id}/activity").status_code == 403
    for verb in ("deactivate", "reactivate"):
        assert cashier.post(f"/patients/{patient.id}/{verb}", {"reason": "x"}).status_code == 403
