"""What patients read, in every language there is a catalogue for."""

import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.directory.models import Service
from clinic.queue.phone.queries import find_token
from clinic.web.languages import languages
from tests.browser_client import Browser
from tests.factories import Factory
from tools.translations import FOLDER, compiled, read, texts

CATALOGUES = sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s")


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


def test_there_are_several_languages() -> None:
    assert {"en", "fr", "ar"} <= set(languages())
    assert languages()["fr"] == "Français"


@pytest.mark.parametrize("path", CATALOGUES, ids=[p.parent.parent.name for p in CATALOGUES])
def test_every_text_patients_read_is_translated_and_compiled(path: Path) -> None:
    """When this fails, run tools/translations.py and translate what it names."""
    catalogue, wrong = read(path), []
    for text in texts():
        found = catalogue.get(text.id) if text.id else None
        said = found.string if found and isinstance(found.string, tuple) else (found.string if found else "",)
        if text.id and not all(said):
            wrong.append(text.id)
        elif isinstance(text.id, str) and text.id:
            assert PLACEHOLDER.findall(text.id) == PLACEHOLDER.findall(said[0])
    assert wrong == []
    assert path.with_suffix(".mo").read_bytes() == compiled(catalogue)


def test_a_kiosk_speaks_the_language_chosen_on_it(browser: Browser, make: Factory, consultation: Service) -> None:
    kiosk = make.kiosk(consultation.department, languages=["fr", "ar"])
    start = browser.page(f"/kiosk/{kiosk}")
    assert '<html lang="fr" dir="ltr">' in start
    assert "Prendre un numéro" in start
    assert "English" not in start
    arabic = browser.page(f"/kiosk/{kiosk}/check-in?lang=ar")
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "تاريخ الميلاد" in arabic
    refused = browser.client.post(f"/kiosk/{kiosk}/services", data={"phone": "1", "lang": "ar"})
    assert "يرجى كتابة رقم الهاتف كاملًا." in refused.get_data(as_text=True)
    # A language it does not offer, and the page of the next person.
    for address in ("?lang=en", "?lang=xx", ""):
        assert '<html lang="fr"' in browser.page(f"/kiosk/{kiosk}{address}")


def test_a_phone_is_answered_in_its_own_language(
    browser: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    make.ticket(consultation)
    token = find_token(session, make.ticket(consultation).id, clock.now())
    french = browser.get(f"/t/{token}", headers={"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}).get_data(as_text=True)
    assert "Votre numéro" in french
    arabic = browser.get(f"/t/{token}?lang=ar", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "شخص قبلكم" in arabic
    assert "Your number" in browser.get(f"/t/{token}", headers={"Accept-Language": "xx"}).get_data(as_text=True)


def test_a_screen_is_written_in_its_first_language_and_spoken_in_all(
    browser: Browser, make: Factory, consultation: Service
) -> None:
    screen = make.display(consultation.department, languages=["ar", "fr"], is_spoken=True)
    page = browser.page(f"/display/{screen}")
    assert '<html lang="ar" dir="rtl">' in page
    assert "تفضّلوا بالدخول" in page


def test_staff_pages_stay_in_the_clinics_language(receptionist: Browser, make: Factory, consultation: Service) -> None:
    page = receptionist.get("/patients", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="en-GB"' in page
