"""Small inputs that went wrong: people whose names, numbers and deaths are odd."""

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.imports import batches
from clinic.imports.fhir.patient import read_patient
from clinic.patients.details import columns
from clinic.patients.models import Patient
from clinic.patients.registration.values import shown_values
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
