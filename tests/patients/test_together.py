"""Several people at once, each with a connection of their own: real commits on a database of the test's own."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from clinic.audit.service import verify_chain
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.errors import KeyUsed
from clinic.idempotency import key_of
from clinic.patients import service
from clinic.patients.details import PatientDetails, details_of
from clinic.patients.models import Patient
from tests.databases import own_clinic
from tests.factories import NOW, TESTER
from tests.together import at_once, or_conflict

PEOPLE = 8


@pytest.fixture
def own_app(settings: Settings, redis_server: None) -> Iterator[Flask]:
    with own_clinic(settings) as app:
        yield app


def eight(app: Flask, work: Callable[[int], object]) -> list[object]:
    """What each of eight people got; a Conflict is an answer too."""
    return at_once(app, PEOPLE, or_conflict(work))


def register(number: int, key: str | None = None) -> int:
    with transaction() as session:
        details = PatientDetails(given_name=f"Person {number}")
        return service.register_patient(
            session, details=details, key=key_of(key) if key else None, actor=TESTER, now=NOW
        ).id


def test_no_medical_record_number_is_given_twice(own_app: Flask) -> None:
    eight(own_app, lambda number: [register(10 * number + i) for i in range(5)])
    mrns = list(current_session().scalars(select(Patient.mrn)))
    assert len(mrns) == len(set(mrns)) == 5 * PEOPLE
    assert verify_chain(current_session()).problem is None


def test_one_form_sent_eight_times_at_once_makes_one_patient(own_app: Flask) -> None:
    outcomes = eight(own_app, lambda number: register(1, key="k" * 24))
    assert len(set(outcomes)) == 1
    assert current_session().scalar(select(func.count(Patient.id))) == 1


@pytest.mark.guards("of two forms with one key and other content sent at once one is kept and the other told")
def test_one_key_sent_eight_times_at_once_with_other_content_makes_one_patient(own_app: Flask) -> None:
    def send(number: int) -> int:
        with transaction() as session:
            details, key = PatientDetails(given_name=f"Person {number}"), key_of("k" * 24, number)
            return service.register_patient(session, details=details, key=key, actor=TESTER, now=NOW).id

    outcomes = eight(own_app, send)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, KeyUsed) for outcome in outcomes) == PEOPLE - 1
    assert current_session().scalar(select(func.count(Patient.id))) == 1


def test_of_eight_who_save_the_same_version_one_wins_and_the_others_are_told(own_app: Flask) -> None:
    patient_id = register(1)

    def save(number: int) -> int:
        with transaction() as session:
            details = replace(details_of(session.get_one(Patient, patient_id)), notes=f"By {number}")
            service.update_patient(
                session, patient_id=patient_id, details=details, expected_version=1, actor=TESTER, now=NOW
            )
        return number

    outcomes = eight(own_app, save)
    winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(winners) == 1
    assert len(outcomes) == PEOPLE
    patient = current_session().get_one(Patient, patient_id)
    assert (patient.version, patient.notes) == (2, f"By {winners[0]}")
