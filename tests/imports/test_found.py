"""Small inputs that went wrong: people whose names, numbers and deaths are odd."""

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.exports.datasets.patients import _pick_telecoms
from clinic.imports import batches
from clinic.imports.fhir.patient import read_patient
from clinic.imports.titles import fitted
from clinic.patients.details import columns
from clinic.patients.models import Patient
from clinic.patients.registration.values import shown_values
from clinic.phones import with_extension
from tests.browser_client import Browser
from tests.imports.conftest import Importer, ndjson
from tests.imports.conftest import person as resource


def person(**elements: object) -> dict[str, object]:
    return {"resourceType": "Patient", "name": [{"family": "Current"}], **elements}


@pytest.mark.guards("a name, number or address whose period has ended is not the main one")
@pytest.mark.parametrize("former", [{"period": {"end": "2009-05-01"}}, {"use": "old"}])
def test_what_has_ended_is_not_the_main_one(former: dict[str, object]) -> None:
    found = read_patient(
        person(
            name=[
                {"use": "official", "family": "Former", "given": ["Iris"], **former},
                {"use": "usual", "family": "Current", "given": ["Iris"], "period": {"start": "2009-05-01"}},
            ],
            telecom=[
                {"system": "phone", "value": "01 11 11 11 11", **former},
                {"system": "phone", "value": "01 22 22 22 22", "period": {"end": "2199-01-01"}},
            ],
            address=[{"city": "Gone", **former}, {"city": "Here"}],
        ),
        "FR",
    )
    assert found.family_name == "Current"
    assert [name["use"] for name in found.other_names] == ["old"]
    assert " former " in columns(found)["search_name"]
    assert [t["value"] for t in found.telecoms] == ["+33122222222", "+33111111111"]
    assert [a["city"] for a in found.addresses] == ["Here", "Gone"]


@pytest.mark.guards("a phone's extension is kept")
def test_an_extension_is_kept_and_shown() -> None:
    found = read_patient(person(telecom=[{"system": "phone", "value": "+33 1 23 45 67 80 ext. 7"}]), "FR")
    assert found.telecoms[0]["value"] == "+33123456780"
    assert shown_values(found, "FR")["phone"] == "01 23 45 67 80 ext. 7"


def test_a_death_known_to_the_month_is_a_death() -> None:
    found = read_patient(person(deceasedDateTime="2020-02"), "FR")
    assert (found.is_deceased, found.deceased_on) == (True, dt.date(2020, 2, 1))


@pytest.mark.guards("a file read before deaths without a day counted is read anew when it is imported again")
def test_a_file_imported_before_is_read_anew(
    importer: Importer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = ndjson(resource(1, deceasedBoolean=True))
    with monkeypatch.context() as before:
        before.setattr(batches, "READING_VERSION", 1)
        importer.run(content)
    session.execute(update(Patient).values(is_deceased=False))
    session.commit()
    assert importer.run(content).updated == 1
    assert session.scalars(select(Patient.is_deceased)).all() == [True]


LONG_TITLE = "Univ.-Prof. Dr. med. Dr. phil. habil. Dipl.-Ing."
EXTENDED = {"system": "phone", "value": "+33 1 23 45 67 80 ext. 7"}


@pytest.mark.guards("a title longer than its field refuses nobody: it is cut where it is shown, and kept whole")
def test_a_long_title_refuses_nobody() -> None:
    whole = {"family": "Titled", "given": ["Ute"], "prefix": [LONG_TITLE], "suffix": ["Jr."]}
    spoken = [{"language": {"text": "a language whose name nobody writes in forty letters"}}]
    found = read_patient(person(name=[whole], communication=spoken), "FR")
    assert (found.prefix, found.suffix) == ("Univ.-Prof. Dr. med. Dr. phil. habil.…", "Jr.")
    assert found.language == "a language whose name nobody writes in…"
    assert found.extra is not None
    assert found.extra["whole_prefix"] == LONG_TITLE
    assert "whole_suffix" not in found.extra
    one_word = fitted({"prefix": "x" * 41})["prefix"]
    assert one_word == "x" * 39 + "…"


@pytest.mark.guards("a title longer than its field refuses nobody: it is cut where it is shown, and kept whole")
def test_a_long_title_of_a_table_is_kept_whole(importer: Importer, session: Session, manager: Browser) -> None:
    importer.run(f"Last name,First name,Title\nTitled,Ute,{LONG_TITLE}\n".encode())
    patient = session.scalars(select(Patient)).one()
    assert patient.prefix == "Univ.-Prof. Dr. med. Dr. phil. habil.…"
    assert LONG_TITLE in manager.page(f"/patients/{patient.id}")


@pytest.mark.guards("every row of a file is taken, or refused with the reason")
def test_odd_patients_are_all_taken(importer: Importer, session: Session) -> None:
    """The shapes of public bug reports, as one file."""
    odd = [
        resource(1, name=[
            {"use": "official", "family": "Former", "given": ["Iris"], "period": {"end": "2009-05-01"}},
            {"use": "official", "family": "Current", "given": ["Iris"], "period": {"start": "2009-05-01"}},
        ]),
        resource(2, deceasedBoolean=True),
        resource(3, deceasedDateTime="2020-02"),
        resource(4, birthDate="1962", telecom=[EXTENDED],
                 name=[{"family": "Titled", "given": ["Ute"], "prefix": [LONG_TITLE]}]),
        resource(5, deceasedBoolean="perhaps"),
    ]  # fmt: skip
    done = importer.run(ndjson(*odd))
    assert (done.created, done.refused) == (4, 1)
    found = session.scalars(select(Patient).order_by(Patient.id)).all()
    assert [one.is_deceased for one in found] == [False, True, True, False]
    assert found[0].family_name == "Current"
    assert found[3].phone_telecom is not None
    assert found[3].phone_telecom["typed"] == "+33 1 23 45 67 80 ext. 7"


@pytest.mark.guards("a phone's extension is shown and exported wherever the number is")
def test_an_extension_is_everywhere(importer: Importer, session: Session, manager: Browser) -> None:
    importer.run(ndjson(resource(1, telecom=[EXTENDED])))
    patient = session.scalars(select(Patient)).one()
    header = manager.get(f"/patients/{patient.id}/header").get_data(as_text=True)
    # The clinic of the tests is in France.
    assert "01 23 45 67 80 ext. 7</a>" in header
    assert "ext. 7" in manager.page("/patients")
    assert _pick_telecoms(patient.telecoms)[0] == "+33123456780 ext. 7"
    assert with_extension("+33123456780", "01 23 45 67 80") == "+33123456780"
    assert with_extension("ask Ann", "ask Ann x7") == "ask Ann"
