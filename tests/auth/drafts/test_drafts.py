import datetime as dt
import re

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import AppointmentSeries
from clinic.auth.access import Role
from clinic.auth.drafts.jobs import clean_up
from clinic.auth.drafts.models import FormDraft
from clinic.auth.models import User, UserSession
from clinic.db import transaction
from tests.appointments.soon import monday, soon
from tests.browser_client import Browser
from tests.factories import Factory
from tests.moved_clock import run_as_believed
from tests.page_forms import filled

PAGE = "/patients/new"
TYPED = {"family_name": "Half-Filled", "given_name": "Ada", "identifiers-0-value": "X1", "identifiers-1-value": "Y2"}


@pytest.fixture
def user(make: Factory) -> User:
    return make.user(Role.RECEPTIONIST)


def run_out(session: Session) -> None:
    """Let every session be as old as if nobody had touched it for an hour."""
    with transaction(session):
        session.execute(update(UserSession).values(last_seen_at=clock.now() - dt.timedelta(hours=1)))


def sent_too_late(browser: Browser, session: Session, page: str = PAGE, **typed: str) -> str:
    """Open a page, wait too long, send its form; where the browser is led."""
    html = browser.page(page)
    draft_of = re.search(r'name="draft_of" value="([^"]+)"', html)
    assert draft_of
    run_out(session)
    answer = browser.post(PAGE, {"draft_of": draft_of[1], **(typed or TYPED)})
    assert answer.status_code == 302
    return str(answer.location)


def back_to(location: str) -> str:
    """The page behind the sign-in page."""
    found = re.search(r"next=([^&]+)", location)
    assert found
    return found[1].replace("%3F", "?").replace("%3D", "=")


def test_a_form_sent_after_the_session_ran_out_is_there_after_signing_in(
    browser: Browser, session: Session, user: User
) -> None:
    page = back_to(sent_too_late(browser.sign_in(user), session))
    html = browser.sign_in(user).page(page)
    assert 'value="Half-Filled"' in html
    assert 'value="Ada"' in html
    assert 'value="X1"' in html
    assert 'value="Y2"' in html
    assert "What you had typed is back" in html
    assert "What you had typed is back" not in browser.page(PAGE)


@pytest.mark.guards("what was typed to move an appointment or a series is there again after signing in")
@pytest.mark.parametrize("kind", ["appointment", "series"])
def test_a_move_that_was_sent_too_late_is_there_again(
    browser: Browser, session: Session, user: User, make: Factory, kind: str
) -> None:
    service, practitioner, patient = make.service(make.department()), make.practitioner(), make.patient()
    colleague = make.practitioner("Keller", given_name="Ines")
    browser.sign_in(user)
    if kind == "appointment":
        booked = make.appointment(service, patient, soon(9), practitioner=practitioner)
        page, form = f"/appointments/{booked.id}/move", "MoveForm"
    else:
        rule = {"every_weeks": 1, "ends": "count", "count": 3, "day": monday().isoformat(), "time": "10:00"}
        place = {"patient_id": patient.id, "service_id": service.id, "practitioner_id": practitioner.id}
        assert browser.post("/appointments/series", {**rule, **place, "idempotency_key": "s" * 24}).status_code == 303
        series = session.scalars(select(AppointmentSeries)).one()
        page, form = f"/appointments/series/{series.id}/move", "MoveSeriesForm"
    sent = filled(browser, page, page, time=["16:40"], practitioner_id=[str(colleague.id)])
    assert sent["draft_of"][0].startswith(f"{form} ")
    run_out(session)
    location = back_to(str(browser.post(page, sent).location))
    html = browser.sign_in(user).page(location)
    assert 'value="16:40"' in html
    assert f'selected value="{colleague.id}"' in html


def test_nobody_else_sees_it(browser: Browser, session: Session, user: User, make: Factory) -> None:
    page = back_to(sent_too_late(browser.sign_in(user), session))
    html = browser.sign_in(make.user(Role.ADMIN)).page(page)
    assert "Half-Filled" not in html
    assert "What you had typed is back" not in html


def test_it_is_sealed_at_rest_and_holds_no_password_or_token(browser: Browser, session: Session, user: User) -> None:
    sent_too_late(browser.sign_in(user), session, family_name="Half-Filled", new_password="secret-one")
    stored = bytes(session.execute(text("SELECT fields FROM form_drafts")).scalar_one())
    assert b"Half-Filled" not in stored
    names = {name for name, _ in session.scalars(select(FormDraft)).one().fields}
    assert names == {"family_name"}


def test_it_is_forgotten_after_its_time(browser: Browser, session: Session, user: User) -> None:
    page = back_to(sent_too_late(browser.sign_in(user), session))
    with transaction(session):
        session.execute(update(FormDraft).values(expires_at=clock.now() - dt.timedelta(seconds=1)))
    assert "Half-Filled" not in browser.sign_in(user).page(page)
    run_as_believed(clean_up)
    assert session.scalars(select(FormDraft)).all() == []


def test_the_same_page_keeps_one(browser: Browser, session: Session, user: User) -> None:
    first = sent_too_late(browser.sign_in(user), session)
    second = sent_too_late(browser.sign_in(user), session, family_name="Second")
    assert first == second
    assert [dict(d.fields)["family_name"] for d in session.scalars(select(FormDraft))] == ["Second"]


def test_a_session_that_somebody_ended_keeps_nothing(browser: Browser, session: Session, user: User) -> None:
    browser.sign_in(user)
    with transaction(session):
        session.execute(update(UserSession).values(revoked_at=clock.now()))
    answer = browser.post(PAGE, {"draft_of": f"NewPatientForm {PAGE}", **TYPED})
    assert "draft" not in str(answer.location)
    assert session.scalars(select(FormDraft)).all() == []


@pytest.mark.parametrize(
    "sent",
    [
        {"draft_of": "NewPatientForm //elsewhere.example/x"},
        {"draft_of": "NewPatientForm https://elsewhere.example"},
        {"draft_of": f"NewPatientForm {PAGE}", "csrf_token": "forged"},
        {"family_name": "no form of ours"},
    ],
)
def test_what_is_no_form_of_ours_is_not_kept(
    browser: Browser, session: Session, user: User, sent: dict[str, str]
) -> None:
    browser.sign_in(user)
    run_out(session)
    browser.post(PAGE, sent)
    assert session.scalars(select(FormDraft)).all() == []


def test_a_stranger_leaves_nothing(browser: Browser, session: Session) -> None:
    browser.post(PAGE, {"draft_of": f"NewPatientForm {PAGE}", **TYPED})
    browser.post("/auth/drafts", {"draft_of": f"NewPatientForm {PAGE}", **TYPED})
    assert session.scalars(select(FormDraft)).all() == []


def test_a_page_leaves_what_is_typed_before_it_goes_to_the_sign_in(
    browser: Browser, session: Session, user: User
) -> None:
    browser.sign_in(user)
    assert browser.post("/auth/drafts", {"draft_of": f"NewPatientForm {PAGE}", **TYPED}).status_code == 204
    run_out(session)
    answer = browser.post("/auth/drafts", {"draft_of": f"NewPatientForm {PAGE}", **TYPED})
    page = back_to(answer.headers["HX-Redirect"])
    assert 'value="Half-Filled"' in browser.sign_in(user).page(page)


def test_saving_what_came_back_twice_makes_one_patient(browser: Browser, session: Session, user: User) -> None:
    page = back_to(sent_too_late(browser.sign_in(user), session, idempotency_key="k" * 24, **TYPED))
    html = browser.sign_in(user).page(page)
    assert f'value="{"k" * 24}"' in html
    sent = {"family_name": "Half-Filled", "idempotency_key": "k" * 24}
    assert browser.post(PAGE, sent).location == browser.post(PAGE, sent).location
