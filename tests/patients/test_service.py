"""Registering and changing patients, on the real database."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.crypto import key_ring
from clinic.db import transaction
from clinic.errors import Conflict, Invalid
from clinic.idempotency import key_of
from clinic.patients import service
from clinic.patients.details import IdentifierDetails, PatientDetails, details_of
from clinic.patients.models import Patient, PatientIdentifier, PatientSearchToken
from clinic.patients.mrn import format_mrn, read_mrn
from clinic.patients.tokens import identifier_token, phone_token
from tests.factories import NOW, TESTER
from tests.patients.records import FULL, entries, register


def update(session: Session, patient: Patient, version: int | None = None, **changes: Any) -> Patient:
    details = replace(details_of(patient), **changes)
    with transaction(session):
        return service.update_patient(
            session, patient_id=patient.id, details=details, expected_version=version, actor=TESTER, now=NOW
        )


def test_everything_registered_is_read_back(session: Session) -> None:
    patient = register(session)
    session.expire_all()
    assert details_of(patient) == replace(FULL, extra={})
    assert patient.display_name == "María José Núñez de Balboa"
    assert patient.sort_name == "nunez de balboa maria jose"


def test_each_patient_gets_an_mrn_of_their_own(session: Session) -> None:
    mrns = [register(session, PatientDetails(given_name=f"N{i}")).mrn for i in range(5)]
    assert len(set(mrns)) == 5
    assert all(read_mrn(mrn) == mrn == read_mrn(mrn.replace("-", "")) for mrn in mrns)


def test_an_mrn_with_a_wrong_or_swapped_digit_is_none() -> None:
    assert format_mrn(123) == "000123-4"
    assert read_mrn("000123-4") == "000123-4"
    assert [read_mrn(t) for t in ("000124-4", "000132-4", "000123-5", "0612345678", "Smith", "")] == [None] * 6


def test_the_same_form_sent_twice_makes_one_patient(session: Session) -> None:
    first = register(session, key=key_of("k" * 24))
    assert register(session, key=key_of("k" * 24)).id == first.id
    assert len(entries(session, first.id)) == 1


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (PatientDetails(), "family_name"),
        (PatientDetails(given_name="A", birth_date=NOW.date().replace(year=2030)), "birth_date"),
        (PatientDetails(given_name="A", birth_date=NOW.date().replace(year=1700)), "birth_date"),
        (PatientDetails(family_name="A" * 201), "family_name"),
    ],
)
def test_what_no_patient_may_have_is_refused(session: Session, details: PatientDetails, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(session, details)
    assert refused.value.field == field


def test_an_update_audits_only_what_changed(session: Session) -> None:
    patient = update(session, register(session), notes="Prefers evenings", telecoms=())
    assert patient.version == 2
    entry = entries(session, patient.id)[-1]
    assert (entry.action, set(entry.after)) == ("patients.update", {"notes", "telecoms"})
    assert entry.before["notes"] == "Prefers mornings"
    assert entry.after == {"notes": "Prefers evenings", "telecoms": []}


def test_saying_the_same_again_changes_nothing(session: Session) -> None:
    patient = update(session, register(session))
    assert (patient.version, len(entries(session, patient.id))) == (1, 1)


def test_a_stale_version_is_a_conflict_and_changes_nothing(session: Session) -> None:
    patient = update(session, register(session), version=1, notes="First")
    with pytest.raises(Conflict):
        update(session, patient, version=1, notes="Second")
    assert patient.notes == "First"


def test_identifiers_and_coverage_are_replaced(session: Session) -> None:
    patient = update(session, register(session), identifiers=(IdentifierDetails(kind="nir", value="1"),), coverages=())
    session.expire_all()
    assert [i.kind for i in patient.identifiers] == ["nir"]
    assert patient.coverages == []
    assert session.scalars(select(PatientIdentifier).where(PatientIdentifier.patient_id.is_(None))).all() == []


def test_the_blind_index_follows_the_phone_and_the_identifiers(session: Session) -> None:
    def holders(token: bytes) -> list[int]:
        query = select(PatientSearchToken.patient_id).where(PatientSearchToken.token == token)
        return list(session.scalars(query))

    patient, ring = register(session), key_ring()
    assert holders(phone_token(ring, "5678")) == holders(identifier_token(ring, "x 53631011 x")) == [patient.id]
    update(session, patient, telecoms=(), identifiers=())
    assert holders(phone_token(ring, "5678")) == holders(identifier_token(ring, "x53631011x")) == []


def test_phone_address_notes_and_numbers_are_sealed_at_rest(session: Session) -> None:
    register(session)
    raw = b""
    for query in (
        "SELECT telecoms, addresses, contacts, notes FROM patients",
        "SELECT value FROM patient_identifiers",
        "SELECT member_number FROM coverages",
        "SELECT after FROM audit_entries",
    ):
        for row in session.execute(text(query)):
            raw += b"".join(bytes(value) for value in row if value)
    assert len(raw) > 200
    for secret in (b"612345678", b"Lilas", b"brother", b"mornings", b"53631011", b"2820769"):
        assert secret not in raw


def test_deactivating_needs_a_reason_and_happens_once(session: Session) -> None:
    patient = register(session)
    with pytest.raises(Invalid), transaction(session):
        service.deactivate_patient(session, patient_id=patient.id, reason=" ", actor=TESTER, now=NOW)
    with transaction(session):
        service.deactivate_patient(session, patient_id=patient.id, reason="Moved away", actor=TESTER, now=NOW)
    assert not patient.is_active
    with pytest.raises(Conflict), transaction(session):
        service.deactivate_patient(session, patient_id=patient.id, reason="Moved away", actor=TESTER, now=NOW)
    with transaction(session):
        service.reactivate_patient(session, patient_id=patient.id, reason="Back", actor=TESTER, now=NOW)
    assert patient.is_active
    assert [e.action for e in entries(session, patient.id)][1:] == ["patients.deactivate", "patients.reactivate"]


def test_names_of_many_traditions_keep_their_shape(session: Session) -> None:
    cases = {
        ("山田", "太郎"): "山田太郎",
        (None, "Sukarno"): "Sukarno",
        ("García Márquez", "Gabriel José"): "Gabriel José García Márquez",
        ("محمود", "نجيب"): "نجيب محمود",
        ("Björk Guðmundsdóttir", None): "Björk Guðmundsdóttir",
    }
    for (family, given), shown in cases.items():
        patient = register(session, PatientDetails(family_name=family, given_name=given))
        assert patient.display_name == shown
        assert patient.sort_name


def test_many_registered_at_once_are_as_if_registered_one_by_one(session: Session) -> None:
    alone = register(session)
    with transaction(session):
        ids = service.register_patients(session, batch=[FULL, PatientDetails(given_name="Mono")], actor=TESTER, now=NOW)
    together = session.get_one(Patient, ids[0])
    assert details_of(together) == details_of(alone)
    same = ("display_name", "sort_name", "search_name", "version", "is_active", "registered_at")
    assert [getattr(together, n) for n in same] == [getattr(alone, n) for n in same]
    tokens = [
        set(session.scalars(select(PatientSearchToken.token).where(PatientSearchToken.patient_id == i)))
        for i in (alone.id, together.id)
    ]
    assert tokens[0] == tokens[1]
    assert session.get_one(Patient, ids[1]).given_name == "Mono"
    assert [[e.action for e in entries(session, i)] for i in ids] == [["patients.register"]] * 2


def test_one_of_many_that_may_not_be_stops_all(session: Session) -> None:
    with pytest.raises(Invalid), transaction(session):
        service.register_patients(session, batch=[FULL, PatientDetails()], actor=TESTER, now=NOW)
    assert session.scalars(select(Patient)).all() == []
