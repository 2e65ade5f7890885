"""Several people merging at once, each with a connection of their own: real commits on a database of the test's own."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from clinic.audit.service import verify_chain
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.directory.models import Department, Service
from clinic.errors import Conflict, Merged
from clinic.idempotency import key_of
from clinic.patients.merging import service
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient
from clinic.patients.service import register_patient
from clinic.queue.checkin.service import check_in
from clinic.queue.models import QueueEntry
from clinic.visits.models import Visit
from tests.databases import own_clinic
from tests.factories import NOW, TESTER, ZONE
from tests.patients.merging.records import ADAEZE
from tests.together import at_once, or_conflict

PEOPLE = 8


@pytest.fixture
def clinic(settings: Settings, redis_server: None) -> Iterator[Flask]:
    """An app on a fresh database with patients 1 to 4 and one service with id 1."""
    with own_clinic(settings) as app:
        with transaction() as session:
            for _ in range(4):
                register_patient(session, details=ADAEZE, actor=TESTER, now=NOW)
            session.add(Department(id=1, name="General practice"))
            session.flush()
            session.add(Service(id=1, department_id=1, name="Consultation", ticket_prefix="A"))
        yield app


def merge(survivor_id: int, merged_id: int, key: str | None = None) -> int:
    with transaction() as session:
        done = service.merge_patients(
            session,
            survivor_id=survivor_id,
            merged_id=merged_id,
            choices={},
            key=key_of(key) if key else None,
            actor=TESTER,
            now=NOW,
        )
        return done.id


def undo(merge_id: int) -> int:
    with transaction() as session:
        return service.undo_merge(session, merge_id=merge_id, actor=TESTER, now=NOW).id


def eight(clinic: Flask, work: Callable[[int], object]) -> list[object]:
    """What each of eight people got; a Conflict is an answer too."""
    return at_once(clinic, PEOPLE, or_conflict(work))


def winners(outcomes: list[object]) -> list[object]:
    return [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]


def test_of_eight_who_merge_one_pair_one_way_or_the_other_one_wins(clinic: Flask) -> None:
    outcomes = eight(clinic, lambda number: merge(1, 2) if number % 2 else merge(2, 1))
    assert len(winners(outcomes)) == 1
    merged = current_session().scalars(select(Patient).where(Patient.merged_into_id.is_not(None))).all()
    assert [(p.id, p.merged_into_id) for p in merged] in ([(1, 2)], [(2, 1)])
    assert verify_chain(current_session()).problem is None


def test_one_form_sent_eight_times_at_once_merges_once(clinic: Flask) -> None:
    assert len(set(eight(clinic, lambda _number: merge(1, 2, key="k" * 24)))) == 1
    assert current_session().scalar(select(func.count(PatientMerge.id))) == 1


def test_chains_and_circles_merged_at_once_end_in_records_that_stand_by_themselves(clinic: Flask) -> None:
    ways = [(1, 2), (2, 3), (3, 1), (3, 4), (4, 2), (1, 3), (2, 1), (4, 1)]
    outcomes = eight(clinic, lambda number: merge(*ways[number]))
    survivor = aliased(Patient)
    deeper = select(Patient.id).join(survivor, Patient.merged_into_id == survivor.id)
    assert current_session().scalars(deeper.where(survivor.merged_into_id.is_not(None))).all() == []
    merged = current_session().scalar(select(func.count(Patient.id)).where(Patient.merged_into_id.is_not(None)))
    assert merged == len(winners(outcomes))
    assert 1 <= len(winners(outcomes)) <= 3


def test_of_eight_who_undo_one_merge_one_wins(clinic: Flask) -> None:
    done = merge(1, 2)
    assert len(winners(eight(clinic, lambda _number: undo(done)))) == 1
    assert current_session().scalar(select(Patient.merged_into_id).where(Patient.id == 2)) is None


def test_undoing_and_merging_on_at_once_never_meet(clinic: Flask) -> None:
    done = merge(2, 1)
    eight(clinic, lambda number: undo(done) if number % 2 else merge(3, 2))
    into = dict(current_session().execute(select(Patient.id, Patient.merged_into_id)).tuples().all())
    # Undone first: 1 stands by itself. Merged on first: the undo is refused and 1 went along.
    assert (into[2], into[1] in (None, 3)) == (3, True)


def test_no_ticket_is_left_with_a_merged_record(clinic: Flask) -> None:
    def work(number: int) -> object:
        if number == PEOPLE - 1:
            return merge(1, 2)
        with transaction() as session:
            entry = check_in(session, patient_id=2, service_id=1, is_confirmed=True, actor=TESTER, now=NOW, zone=ZONE)
            return entry.id

    outcomes = eight(clinic, work)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert all(isinstance(outcome, Merged) for outcome in refused)
    for model in (QueueEntry, Visit):
        assert set(current_session().scalars(select(model.patient_id))) <= {1}
    assert current_session().scalar(select(func.count(QueueEntry.id))) == PEOPLE - 1 - len(refused)
