"""What is sealed before the turn to write is what would have been written."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic import crypto
from clinic.db import transaction
from clinic.patients import service
from clinic.patients.details import PatientDetails, details_of
from clinic.patients.models import Patient
from clinic.patients.prepared import prepare
from tests.factories import NOW, TESTER
from tests.patients.records import FULL, entries


def register(session: Session, each: object) -> Patient:
    with transaction(session) as write:
        (patient_id,) = service.register_patients(write, batch=[each], actor=TESTER, now=NOW)  # type: ignore[list-item]
    return session.get_one(Patient, patient_id)


def test_a_prepared_patient_is_the_same_patient(session: Session) -> None:
    plain, prepared = register(session, FULL), register(session, prepare(FULL))
    assert details_of(prepared) == details_of(plain)
    said = [{k: v for k, v in entries(session, p.id)[0].after.items() if k != "mrn"} for p in (plain, prepared)]
    assert said[0] == said[1]
    query = "SELECT token FROM patient_search_tokens WHERE patient_id = :id ORDER BY token"
    tokens = [session.execute(text(query), {"id": p.id}).scalars().all() for p in (plain, prepared)]
    assert tokens[0] == tokens[1]
    assert tokens[0]


@pytest.mark.guards("an import seals and digests a patient's record outside of the turn to write")
def test_nothing_of_the_record_is_sealed_in_the_transaction(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared, contexts, seal = prepare(FULL), [], crypto.KeyRing.seal

    def note(ring: crypto.KeyRing, plain: bytes, context: bytes) -> bytes:
        contexts.append(context.decode())
        return seal(ring, plain, context)

    monkeypatch.setattr(crypto.KeyRing, "seal", note)
    register(session, prepared)
    assert {context.split(".")[0] for context in contexts} == {"audit_entries"}


def test_a_practitioner_found_later_is_part_of_it(session: Session) -> None:
    prepared = prepare(PatientDetails(given_name="Mono")).with_practitioner(7)
    assert (
        prepared.details.practitioner_id == prepared.values["practitioner_id"] == prepared.said["practitioner_id"] == 7
    )
