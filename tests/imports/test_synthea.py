"""Real input, field by field: nothing that the source says of a person is lost."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.directory.models import Practitioner
from clinic.imports.models import ImportOrigin
from clinic.patients.models import Patient
from clinic.phones import to_e164
from tests.imports.conftest import Importer, shared_file

# What describes the file or repeats a code in words; it is in the kept resource only.
ONLY_IN_RESOURCE = {
    "resourceType", "id", "meta.profile", "text.status", "text.div",
    "identifier.type.coding.system", "identifier.type.coding.display", "identifier.type.text",
}  # fmt: skip
KIND_OF_CODE = {"MR": "medical_record", "SS": "us_ssn", "DL": "driving_licence", "PPN": "passport"}
Located = dict[str, Callable[[Any], Any]]

# Where each element of a source record is to be found in ours.
PATIENT: Located = {
    r"name\.(family|given|prefix|suffix)": lambda p: " ".join(
        filter(None, (p.family_name, p.given_name, p.prefix, p.suffix, *_values(p.other_names)))
    ).split(),
    r"name\.use": lambda p: ["official", *(n["use"] for n in p.other_names)],
    r"gender": lambda p: [p.sex.value],
    r"birthDate": lambda p: [p.birth_date.isoformat()],
    r"deceasedDateTime": lambda p: [p.extra["deceased"]] if p.deceased_on else [],
    r"telecom\..*": lambda p: _values(p.telecoms),
    r"address\..*": lambda p: _values(p.addresses),
    r"identifier\.(value|system)": lambda p: [v for i in p.identifiers for v in (i.value, i.issuer)],
    r"identifier\.type\.coding\.code": lambda p: [i.kind for i in p.identifiers],
    r"maritalStatus\..*": lambda p: _values(p.extra["marital_status"]),
    r"multipleBirth.*": lambda p: [p.extra["multiple_birth"]],
    r"communication\..*": lambda p: [p.language, *_values(p.extra["communication"])],
    r"extension\..*": lambda p: _values(p.extra),
}
PRACTITIONER: Located = {
    r"name\..*": lambda p: " ".join(filter(None, (p.prefix, p.given_name, p.family_name))).split(),
    r"gender": lambda p: [p.sex],
    r"active": lambda p: [p.is_active],
    r"telecom\..*": lambda p: _values(p.telecoms),
    r"address\..*": lambda p: _values(p.addresses),
    r"identifier\..*": lambda p: [v for c in p.credentials for v in (c.value, c.system)],
    r"extension\..*": lambda p: _values(p.extra),
}


def _values(value: Any) -> list[Any]:
    """Every leaf of nested lists and objects, with the keys (extensions are kept by their name)."""
    if isinstance(value, dict):
        return [found for key, v in value.items() for found in (key, *_values(v))]
    if isinstance(value, list | tuple):
        return [found for v in value for found in _values(v)]
    return [value]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for child in value:
            yield from _leaves(child, path)
    else:
        yield path, value


# Extensions are kept under a short name.
SHORT = re.compile(r"https?://.*?(?:us-core-|patient-|StructureDefinition/)(race|ethnicity|birthsex|direct|"
                   r"mothersMaidenName|birthPlace|geolocation)\Z")  # fmt: skip


def _expected(path: str, value: Any) -> list[Any]:
    """How a value of the source may stand in ours."""
    if path.endswith("extension.url") and (match := SHORT.match(value)):
        name = re.sub(r"[A-Z]", lambda m: f"_{m.group().lower()}", match.group(1)).replace("birthsex", "birth_sex")
        return ["latitude"] if name == "geolocation" else [name]
    if path == "identifier.type.coding.code":
        return [KIND_OF_CODE[value]]
    if isinstance(value, str) and path.startswith("name."):
        return value.split()
    return [" ".join(value.split()) if isinstance(value, str) else value]


def _lost(resource: dict[str, Any], record: Any, located: Located) -> list[str]:
    lost = []
    for path, value in _leaves(resource):
        if path in ONLY_IN_RESOURCE:
            continue
        find = next((find for pattern, find in located.items() if re.fullmatch(pattern, path)), None)
        kept = find(record) if find else []
        lost += [f"{path}: {value!r}" for wanted in _expected(path, value) if not _is_in(wanted, kept)]
    return lost


def _is_in(wanted: Any, kept: list[Any]) -> bool:
    return any(type(k) is type(wanted) and k == wanted for k in kept)


def _by_id(content: bytes) -> dict[str, dict[str, Any]]:
    return {resource["id"]: resource for resource in map(json.loads, content.splitlines())}


def _imported(session: Session, column: Any) -> list[tuple[dict[str, Any], int]]:
    query = select(ImportOrigin.resource, column).where(column.is_not(None))
    return [(resource, record_id) for resource, record_id in session.execute(query)]


def test_all_1144_patients_arrive_with_every_field(importer: Importer, session: Session) -> None:
    content = shared_file("synthea-1000/Patient.000.ndjson")
    done = importer.run(content)
    assert (done.created, done.refused) == (1144, 0), importer.refusals(done)
    source, pairs = _by_id(content), _imported(session, ImportOrigin.patient_id)
    assert len(source) == len(pairs) == session.scalar(select(func.count(Patient.id))) == 1144
    lost = []
    for resource, patient_id in pairs:
        assert resource == source[resource["id"]]
        patient = session.get_one(Patient, patient_id)
        lost += _lost(resource, patient, PATIENT)
        assert [t["value"] for t in patient.telecoms] == [to_e164(t["value"], "US") for t in resource["telecom"]]
    assert lost == []


def test_all_835_practitioners_arrive_with_every_field(importer: Importer, session: Session) -> None:
    content = shared_file("synthea-1000/Practitioner.000.ndjson")
    done = importer.run(content)
    assert (done.created, done.refused) == (835, 0), importer.refusals(done)
    source, pairs = _by_id(content), _imported(session, ImportOrigin.practitioner_id)
    assert len(source) == len(pairs) == 835
    lost = []
    for resource, practitioner_id in pairs:
        assert resource == source[resource["id"]]
        lost += _lost(resource, session.get_one(Practitioner, practitioner_id), PRACTITIONER)
    assert lost == []


@pytest.mark.parametrize("name", ["Patient", "Practitioner"])
def test_the_same_file_again_changes_nothing(importer: Importer, session: Session, name: str) -> None:
    content = shared_file(f"synthea-1000/{name}.000.ndjson")
    first = importer.run(content)
    before = _state(session)
    again = importer.run(content)
    assert again.unchanged == first.created
    assert (again.created, again.updated, again.refused) == (0, 0, 0)
    assert _state(session) == before


def _state(session: Session) -> list[Any]:
    records = AuditEntry.action.not_like("imports.%")
    return [
        session.scalar(select(func.count(AuditEntry.seq)).where(records)),
        session.execute(select(func.count(Patient.id), func.max(Patient.updated_at), func.sum(Patient.version))).one(),
        session.execute(select(func.count(Practitioner.id), func.sum(Practitioner.version))).one(),
        session.scalar(select(func.count(ImportOrigin.id))),
    ]
