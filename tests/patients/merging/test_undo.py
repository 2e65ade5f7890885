"""Undoing a merge: everything is put back, or what stands against it is named and nothing is done."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, inspect, select, text, update
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.errors import Conflict
from clinic.patients import service as patients
from clinic.patients.alerts.service import add_alert, void_alert
from clinic.patients.details import details_of
from clinic.patients.merging.contradictions import Contradiction, Why, count_later_rows, find_contradictions
from clinic.patients.models import AlertLevel, Coverage, Patient, PatientAlert, PatientIdentifier
from clinic.queue.models import QueueEntry
from tests.factories import NOW, TESTER, Factory
from tests.patients.merging.records import ADAEZE, LATER, merge, two_records, undo
from tests.patients.records import entries, register

# What an undo may not put back: it tells that something happened.
_MOVES_ON = {"version", "updated_at"}


def everything(session: Session) -> dict[str, list[Any]]:
    """All that is on file of all patients, but for the log and the work that waits."""
    session.expire_all()
    models = (Patient, PatientIdentifier, Coverage, PatientAlert, QueueEntry)
    found: dict[str, list[Any]] = {}
    for model in models:
        names = [column.key for column in inspect(model).column_attrs if column.key not in _MOVES_ON]
        rows = session.scalars(select(model).order_by(model.id))
        found[model.__name__] = [{name: getattr(row, name) for name in names} for row in rows]
    tokens = text("SELECT patient_id, token FROM patient_search_tokens ORDER BY patient_id, token")
    return found | {"tokens": [(row[0], bytes(row[1])) for row in session.execute(tokens)]}


def alert(session: Session, patient: Patient, at: dt.datetime = NOW) -> PatientAlert:
    with transaction(session):
        given = {"level": AlertLevel.DANGER, "text": "Allergic to latex", "actor": TESTER, "now": at}
        return add_alert(session, patient_id=patient.id, **given)  # type: ignore[arg-type]


def change(session: Session, patient: Patient, **values: Any) -> None:
    with transaction(session):
        details = replace(details_of(session.get_one(Patient, patient.id)), **values)
        patients.update_patient(
            session, patient_id=patient.id, details=details, expected_version=None, actor=TESTER, now=LATER
        )


def test_everything_is_put_back(session: Session, make: Factory) -> None:
    survivor, other = two_records(session)
    alert(session, other)
    make.ticket(make.service(make.department()), other)
    with transaction(session):
        other.last_visit_at, other.registered_at = NOW, NOW - dt.timedelta(days=9)
    before = everything(session)
    done = merge(session, survivor, other)
    assert everything(session) != before
    undo(session, done)
    assert everything(session) == before
    assert [e.action for e in entries(session, survivor.id)][-1] == "patients.unmerge"
    assert [e.action for e in entries(session, other.id)][-1] == "patients.unmerged"


def test_two_records_can_be_merged_again_the_other_way_round(session: Session) -> None:
    survivor, other = two_records(session)
    undo(session, merge(session, survivor, other))
    merge(session, other, survivor)
    assert survivor.merged_into_id == other.id


def test_what_came_later_stays_with_the_survivor(session: Session) -> None:
    survivor, other = two_records(session)
    alert(session, survivor)
    alert(session, other)
    done = merge(session, survivor, other)
    later = alert(session, survivor, LATER)
    change(session, survivor, language="fr")
    assert count_later_rows(session, done) == {"patient_alerts.patient_id": 1}
    undo(session, done)
    assert (later.patient_id, survivor.language, other.language) == (survivor.id, "fr", None)
    assert survivor.telecoms == list(ADAEZE.telecoms)


def test_a_name_changed_since_is_not_written_over_by_names_that_follow_from_it(session: Session) -> None:
    survivor, other = two_records(session)
    done = merge(session, survivor, other)
    change(session, survivor, given_name="Ada")
    undo(session, done)
    assert (survivor.display_name, survivor.search_name) == ("Ada Okafor", " okafor ada ")


Then = Callable[[Session, Patient], object]


def _edit_phone(session: Session, survivor: Patient) -> None:
    change(session, survivor, telecoms=())


def _drop_identifiers(session: Session, survivor: Patient) -> None:
    change(session, survivor, identifiers=())


def _void(session: Session, survivor: Patient) -> None:
    moved = session.scalars(select(PatientAlert.id)).one()
    with transaction(session):
        void_alert(session, patient_id=survivor.id, alert_id=moved, reason="Twice", actor=TESTER, now=LATER)


def _move_ticket(session: Session, survivor: Patient) -> None:
    stranger = register(session)
    with transaction(session):
        session.execute(update(QueueEntry).values(patient_id=stranger.id))


def _delete_alert(session: Session, survivor: Patient) -> None:
    with transaction(session):
        session.execute(delete(PatientAlert))


@pytest.mark.parametrize(
    ("then", "why"),
    [
        (_edit_phone, Contradiction(Why.FIELD_CHANGED, "telecoms")),
        (_drop_identifiers, Contradiction(Why.ROWS_GONE, "patient_identifiers")),
        (_void, Contradiction(Why.ROWS_VOIDED, "patient_alerts")),
        (_move_ticket, Contradiction(Why.ROWS_MOVED, "queue_entries")),
        (_delete_alert, Contradiction(Why.ROWS_GONE, "patient_alerts")),
    ],
)
def test_what_contradicts_an_undo_is_named_and_nothing_is_done(
    session: Session, make: Factory, then: Then, why: Contradiction
) -> None:
    survivor, other = two_records(session)
    alert(session, other)
    make.ticket(make.service(make.department()), other)
    done = merge(session, survivor, other)
    then(session, survivor)
    before = everything(session)
    assert find_contradictions(session, done) == [why]
    with pytest.raises(Conflict):
        undo(session, done)
    assert everything(session) == before


def test_a_chain_is_undone_from_its_end(session: Session) -> None:
    first, second = two_records(session)
    third = register(session, ADAEZE)
    alert(session, first)
    before = everything(session)
    earlier, latest = merge(session, second, first), merge(session, third, second)
    assert [c.why for c in find_contradictions(session, earlier)] == [Why.MERGED_ON]
    with pytest.raises(Conflict):
        undo(session, earlier)
    undo(session, latest)
    assert (first.merged_into_id, second.merged_into_id) == (second.id, None)
    undo(session, earlier)
    assert everything(session) == before


def test_two_merges_into_one_record_are_undone_in_any_order(session: Session) -> None:
    survivor, other = two_records(session)
    third = register(session, replace(ADAEZE, telecoms=(), notes=None))
    alert(session, third)
    before = everything(session)
    first, second = merge(session, survivor, other), merge(session, survivor, third)
    undo(session, first)
    assert survivor.identifiers != []
    undo(session, second)
    assert everything(session) == before


def test_a_merge_is_undone_once(session: Session) -> None:
    done = merge(session, *two_records(session))
    undo(session, done)
    with pytest.raises(Conflict, match="already"):
        undo(session, done)
