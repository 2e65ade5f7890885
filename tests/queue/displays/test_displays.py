"""Waiting-room screens: set up by managers, open to whoever has the address, and saying no more than they may."""

import datetime as dt
import html
import json
import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock, live
from clinic.db import transaction
from clinic.directory.models import Service
from clinic.errors import NotFound
from clinic.live import Hub
from clinic.patients.models import Patient
from clinic.queue import service as queue
from clinic.queue.devices import service
from clinic.queue.devices.queries import get_device_by_token
from clinic.queue.displays.models import Display, Privacy
from clinic.queue.displays.queries import shown_name
from clinic.queue.models import QueueEntry, Step
from clinic.queue.tokens import digest_token
from tests.browser_client import Browser
from tests.factories import NOW, TESTER, Factory
from tests.page_forms import filled


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


def call(session: Session, entry: QueueEntry, step: Step = Step.CALL) -> None:
    with transaction(session):
        queue.move_entry(session, entry_id=entry.id, step=step, actor=TESTER, now=clock.now())


def displays(session: Session) -> list[Display]:
    return list(session.scalars(select(Display)))


def form(consultation: Service, **values: object) -> dict[str, object]:
    given = {"name": "Hall", "department_ids": consultation.department_id, "privacy": "none", "languages": "en"}
    return {**given, "chime": "y", "idempotency_key": "k" * 24, **values}


def test_a_manager_sets_up_a_screen_and_sees_its_address_once(
    manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    assert "No screen yet" in manager.page("/queue/displays")
    manager.page("/queue/displays/new")
    made = manager.post("/queue/displays", form(consultation)).get_data(as_text=True)
    (token,) = re.findall(r"/display/([\w-]{32,})", made)[:1]
    (display,) = displays(session)
    assert display.token_digest == digest_token(token)
    again = manager.post("/queue/displays", form(consultation)).get_data(as_text=True)
    assert token not in again
    assert "This one is there already" in again
    assert len(displays(session)) == 1
    assert token not in manager.page("/queue/displays")


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"department_ids": 999}, {"department_ids": []}, {"privacy": "all"}, {"languages": "xx"}]
)
def test_bad_settings_are_refused(
    manager: Browser, session: Session, make: Factory, consultation: Service, wrong: dict[str, object]
) -> None:
    assert manager.post("/queue/displays", form(consultation, **wrong)).status_code == 422
    assert not displays(session)


def test_editing_keeps_the_address(manager: Browser, session: Session, make: Factory, consultation: Service) -> None:
    token = make.display(consultation.department)
    (display,) = displays(session)
    assert 'value="Hall"' in manager.page(f"/queue/displays/{display.id}/edit")
    address = f"/queue/displays/{display.id}"
    sent = filled(manager, f"{address}/edit", address, name="Entrance", privacy="initials", chime="")
    assert manager.post(address, sent).status_code == 303
    found = get_device_by_token(session, Display, token)
    assert (found.name, found.privacy, found.chime) == ("Entrance", Privacy.INITIALS, False)
    assert "Give it a name" in manager.post(address, {**sent, "name": ""}).get_data(as_text=True)


def test_a_new_address_ends_the_old_one(
    manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    (display,) = displays(session)
    manager.page(f"/queue/displays/{display.id}/renew")
    answer = manager.post(f"/queue/displays/{display.id}/renew").get_data(as_text=True)
    (fresh,) = re.findall(r"/display/([\w-]{32,})", answer)[:1]
    assert manager.get(f"/display/{token}").status_code == 404
    assert manager.get(f"/display/{fresh}").status_code == 200


def test_a_screen_switched_off_stays_dark(
    manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    (display,) = displays(session)
    manager.page(f"/queue/displays/{display.id}/revoke")
    assert manager.post(f"/queue/displays/{display.id}/revoke").status_code == 303
    for part in ("", "/calls", "/live"):
        assert manager.get(f"/display/{token}{part}").status_code == 404
    assert manager.client.post(f"/display/{token}/seen").status_code == 404
    assert manager.post(f"/queue/displays/{display.id}/revoke").status_code == 404
    assert "No screen yet" in manager.page("/queue/displays")


def test_only_managers_set_up_screens(receptionist: Browser, session: Session, consultation: Service) -> None:
    assert receptionist.get("/queue/displays").status_code == 403
    assert receptionist.post("/queue/displays", form(consultation)).status_code == 403
    assert not displays(session)


def test_a_screen_shows_calls_of_its_departments_only(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    blood = make.service(make.department("Laboratory"), "Blood test", "B")
    here, there = make.ticket(consultation), make.ticket(blood)
    make.ticket(consultation)
    yesterday = make.ticket(consultation, now=clock.now() - dt.timedelta(days=1))
    for entry in (here, there, yesterday):
        call(session, entry)
    page = browser.page(f"/display/{token}")
    assert f'data-call="{here.id}:1"' in page
    assert "B-001" not in page
    assert page.count("data-call=") == 1
    assert re.search(r"<strong>1</strong>\s+person waiting", page)
    call(session, here, Step.RECALL)
    assert f'data-call="{here.id}:2"' in browser.get(f"/display/{token}/calls").get_data(as_text=True)
    call(session, here, Step.START)
    assert "Your number will appear here." in browser.page(f"/display/{token}")


def test_an_address_that_was_guessed_shows_nothing(browser: Browser) -> None:
    assert browser.get("/display/" + "x" * 32).status_code == 404


@pytest.mark.parametrize(
    ("privacy", "given", "family", "shown"),
    [
        (Privacy.NONE, "Jean Luc", "Dupont", ""),
        (Privacy.INITIALS, "Jean Luc", "Dupont", "J. D."),
        (Privacy.FIRST_NAME, "Jean Luc", "Dupont", "Jean"),
        (Privacy.FIRST_NAME, None, "Sukarno", "S."),
        (Privacy.INITIALS, "小明", "王", "王."),
        (Privacy.FIRST_NAME, "小明", "王", "小明"),
    ],
)
def test_no_more_of_a_name_than_allowed(
    make: Factory, privacy: Privacy, given: str, family: str | None, shown: str
) -> None:
    assert shown_name(make.patient(given, family), privacy) == shown


def test_a_walk_in_has_no_name() -> None:
    assert shown_name(None, Privacy.FIRST_NAME) == ""


def test_a_private_screen_does_not_hold_the_name_anywhere(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    call(session, make.ticket(consultation, make.patient("Zebulon", "Quartz")))
    page = browser.page(f"/display/{token}").lower()
    assert "zebulon" not in page
    assert "quartz" not in page
    assert session.scalar(select(Patient.display_name)) == "Zebulon Quartz"


def test_the_stream_carries_only_its_departments(
    app: Flask, browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    elsewhere = make.department("Laboratory").id
    hub: Hub = app.extensions["clinic_hub"]
    here = consultation.department_id
    answer = browser.client.get(f"/display/{token}/live", buffered=False)
    events = answer.iter_encoded()
    next(events)
    for topic in (f"queue:{elsewhere}", "patients:1", f"queue:{here}"):
        hub._deliver(f'{{"topics": ["{topic}"]}}')
    heard = next(e for e in events if b"topics" in e and b"all" not in e)
    answer.close()
    assert heard == f'data: {{"topics": ["queue:{here}"]}}\n\n'.encode()


def test_a_screen_that_is_on_is_seen(browser: Browser, session: Session, make: Factory, consultation: Service) -> None:
    token = make.display(consultation.department)
    assert browser.client.post(f"/display/{token}/seen").status_code == 204
    session.expire_all()
    assert get_device_by_token(session, Display, token).last_seen_at is not None


def test_changes_of_settings_reach_the_screen(
    session: Session, make: Factory, consultation: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(live, "_send", sent.append)
    token = make.display(consultation.department)
    display_id = get_device_by_token(session, Display, token).id
    with transaction(session):
        service.revoke_device(session, Display, device_id=display_id, actor=TESTER, now=NOW)
    assert sent == [(f"display:{display_id}",)]
    with pytest.raises(NotFound):
        get_device_by_token(session, Display, token)


def test_a_patient_who_asked_for_it_is_never_named(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department, privacy=Privacy.FIRST_NAME, is_spoken=True)
    shy, open_minded = make.patient("Zebulon", "Quartz", hide_name=True), make.patient("Amina")
    for patient in (shy, open_minded):
        call(session, make.ticket(consultation, patient))
    page = browser.page(f"/display/{token}")
    assert "Amina" in page
    assert "Zebulon" not in page
    assert "Z." not in page


def test_the_flag_is_set_at_registration(receptionist: Browser, session: Session) -> None:
    sent = {"family_name": "Quartz", "sex": "", "idempotency_key": "k" * 24, "hide_name": "y"}
    assert receptionist.post("/patients/new", sent).status_code == 303
    patient = session.scalars(select(Patient)).one()
    assert patient.hide_name
    assert "Never shown" in receptionist.page(f"/patients/{patient.id}")
    assert re.search(r'<input[^>]* checked[^>]*name="hide_name"', receptionist.page(f"/patients/{patient.id}/edit"))


def test_calls_are_spoken_in_every_language_and_name_nobody(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    languages = ["en", "fr"]
    token = make.display(
        consultation.department, is_spoken=True, languages=languages, privacy=Privacy.FIRST_NAME, chime=False
    )
    call(session, make.ticket(consultation, make.patient("Zebulon")))
    page = browser.page(f"/display/{token}")
    (speech,) = re.findall(r"data-speech='([^']*)'", page)
    said = json.loads(html.unescape(speech))
    assert [each["lang"] for each in said] == languages
    assert said[0]["text"] == "Number A 1, please come to General practice."
    assert said[1]["text"].startswith("Numéro A 1")
    assert "Zebulon" not in speech


def test_a_silent_screen_is_sent_nothing_to_say(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department)
    call(session, make.ticket(consultation))
    assert "data-speech" not in browser.page(f"/display/{token}")


def test_the_set_up_page_says_which_language_has_no_voice(
    manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    token = make.display(consultation.department, is_spoken=True, languages=["en", "ar"])
    (display,) = displays(session)
    edit = f"/queue/displays/{display.id}/edit"
    assert "Voices not known yet" in manager.page(edit)
    manager.client.post(f"/display/{token}/seen")
    assert "Voices not known yet" in manager.page(edit)
    manager.client.post(f"/display/{token}/seen", data={"voices": "en,fr,de"})
    for address in (edit, "/queue/displays"):
        assert "No voice for العربية" in manager.page(address)
    manager.client.post(f"/display/{token}/seen", data={"voices": "ar,en"})
    for address in (edit, "/queue/displays"):
        assert "No voice" not in manager.page(address)
    manager.client.post(f"/display/{token}/seen", data={"voices": ""})
    assert "No voice for English, العربية" in manager.page(edit)
