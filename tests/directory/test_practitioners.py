from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.directory.models import Practitioner
from clinic.directory.practitioners.service import CredentialDetails, PractitionerDetails, create_practitioner
from tests.browser_client import Browser
from tests.factories import TESTER
from tests.page_forms import filled

FORM = {
    "prefix": "Dr.",
    "given_name": "Inés",
    "family_name": "Núñez",
    "sex": "female",
    "specialty": "Dermatology",
    "phone": "01 44 55 66 77",
    "email": "ines@example.org",
    "line": "1 rue Monge",
    "city": "Paris",
    "credentials-0-kind": "rpps",
    "credentials-0-value": "10001234567",
    "is_active": "y",
    "version": "0",
    "idempotency_key": "k" * 24,
}


def edited(manager: Browser, practitioner: Practitioner, **changes: Any) -> dict[str, Any]:
    """The form of one who is on file with everything typed anew, and `changes`."""
    address = f"/directory/practitioners/{practitioner.id}"
    typed = {name: value for name, value in FORM.items() if name not in ("version", "idempotency_key")}
    return filled(manager, f"{address}/edit", address, **typed, **changes)


def add(session: Session, **values: Any) -> Practitioner:
    with transaction(session):
        return create_practitioner(session, details=PractitionerDetails(**values), actor=TESTER, now=clock.now())


def test_a_practitioner_is_added_once_though_sent_twice(manager: Browser, session: Session) -> None:
    assert manager.post("/directory/practitioners", FORM).status_code == 303
    assert manager.post("/directory/practitioners", FORM).status_code == 303
    found = session.scalars(select(Practitioner)).one()
    assert found.display_name == "Dr. Inés Núñez"
    assert found.phone == "+33144556677"
    assert [(c.kind, c.system) for c in found.credentials] == [("RPPS", "https://rpps.esante.gouv.fr")]


def test_the_list_shows_and_finds_them_without_accents(receptionist: Browser, session: Session) -> None:
    add(session, given_name="Inés", family_name="Núñez", specialty="Dermatology")
    add(session, given_name="Paul", family_name="Martin")
    page = receptionist.page("/directory/practitioners")
    assert "Inés Núñez" in page
    found = receptionist.htmx("GET", "/directory/practitioners?q=nunez in").text
    assert "Inés Núñez" in found
    assert "Martin" not in found
    assert "No practitioner of this name" in receptionist.htmx("GET", "/directory/practitioners?q=zzz").text


def test_pages_go_forth_and_back(receptionist: Browser, session: Session) -> None:
    for number in range(120):
        add(session, given_name="P", family_name=f"Name{number:03d}")
    pages = [receptionist.get("/directory/practitioners").text]
    for _ in range(2):
        address = pages[-1].split('id="pager-next"')[0].rsplit('href="', 1)[1].split('"')[0]
        pages.append(receptionist.get(address.replace("&amp;", "&")).text)
    assert "Name000" in pages[0]
    assert "Name050" in pages[1]
    assert "Name119" in pages[2]
    assert "pager-next" not in pages[2]
    back = pages[2].split('id="pager-previous"')[0].rsplit('href="', 1)[1].split('"')[0]
    again = receptionist.get(back).text
    assert "Name050" in again
    assert "Name099" in again
    assert "Name100" not in again


def test_editing_keeps_what_the_form_does_not_show(manager: Browser, session: Session) -> None:
    practitioner = add(
        session,
        given_name="Inés",
        family_name="Núñez",
        telecoms=(
            {"system": "phone", "value": "+33144556677", "typed": "0144556677", "use": "work"},
            {"system": "fax", "value": "+33144556678", "typed": None, "use": "work"},
        ),
        addresses=({"lines": ["1 rue Monge", "2e étage"], "city": "Paris", "state": "IDF"},),
        credentials=(CredentialDetails(kind="NPI", system="urn:own", value="1"),),
    )
    form = edited(manager, practitioner) | {"phone": "01 44 55 66 77", "email": "", "line": "1 rue Monge, 2e étage"}
    form |= {"credentials-0-kind": "NPI", "credentials-0-value": "1"}
    assert manager.post(f"/directory/practitioners/{practitioner.id}", form).status_code == 303
    session.expire_all()
    assert [t["system"] for t in practitioner.telecoms] == ["phone", "fax"]
    assert practitioner.telecoms[0]["typed"] == "0144556677"
    assert practitioner.addresses[0]["lines"] == ["1 rue Monge", "2e étage"]
    assert practitioner.addresses[0]["state"] == "IDF"
    assert practitioner.credentials[0].system == "urn:own"
    assert practitioner.specialty == "Dermatology"


def test_saying_the_same_again_writes_nothing(manager: Browser, session: Session) -> None:
    manager.post("/directory/practitioners", FORM)
    practitioner = session.scalars(select(Practitioner)).one()
    entries = session.scalar(select(func.count(AuditEntry.seq)))
    sent = edited(manager, practitioner)
    assert manager.post(f"/directory/practitioners/{practitioner.id}", sent).status_code == 303
    assert session.scalar(select(func.count(AuditEntry.seq))) == entries


def test_of_two_who_edit_at_once_the_second_is_told(manager: Browser, session: Session) -> None:
    practitioner = add(session, given_name="Inés", family_name="Núñez")
    url = f"/directory/practitioners/{practitioner.id}"
    sent = edited(manager, practitioner)
    assert manager.post(url, sent).status_code == 303
    answer = manager.post(url, {**sent, "specialty": "Surgery"})
    assert answer.status_code == 409
    assert 'value="Dermatology"' in answer.text


def test_a_number_belongs_to_one_practitioner(manager: Browser, session: Session) -> None:
    manager.post("/directory/practitioners", FORM)
    answer = manager.post("/directory/practitioners", {**FORM, "idempotency_key": "z" * 24})
    assert answer.status_code == 422
    assert "RPPS 10001234567 belongs to Dr. Inés Núñez." in answer.text


def test_a_practitioner_without_a_name_or_with_half_a_number_is_refused(manager: Browser, session: Session) -> None:
    nameless = {**FORM, "given_name": "", "family_name": " "}
    assert manager.post("/directory/practitioners", nameless).status_code == 422
    half = manager.post("/directory/practitioners", {**FORM, "credentials-0-value": ""})
    assert half.status_code == 422
    assert "Give the number, or empty the row." in half.text
    assert session.scalar(select(func.count(Practitioner.id))) == 0


def test_pages_of_the_form_are_sound(manager: Browser, session: Session) -> None:
    practitioner = add(session, given_name="Inés", family_name="Núñez")
    manager.page("/directory/practitioners/new")
    assert "Inés Núñez" in manager.page(f"/directory/practitioners/{practitioner.id}/edit")
