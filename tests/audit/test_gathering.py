"""What a process notes of what its people read, before it is written."""

import datetime as dt

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic.audit.readings import gathering
from clinic.audit.readings.flushing import flush
from clinic.audit.readings.gathering import Gatherer, Listing, Reader, Sight
from tests.factories import NOW

ANA, LUC = Reader(1, "Ana"), Reader(2, "Luc")


def sight(reader: Reader = ANA, view: str = "patients.show", patient_id: int = 7) -> Sight:
    return Sight(reader, "patients.open", view, "patient", patient_id, patient_id)


def note(gatherer: Gatherer, what: Sight, now: dt.datetime = NOW) -> None:
    gatherer.note(what, now=now, request=None)


def note_list(gatherer: Gatherer, ids: set[int], now: dt.datetime = NOW, view: str = "today.index") -> None:
    gatherer.note_list(Listing(ANA, "patients.list", view), ids, now=now, request=None)


def test_a_record_is_noted_once_for_each_person_view_and_ten_minutes() -> None:
    gatherer = Gatherer()
    for what in (sight(), sight(), sight(LUC), sight(view="visits.history"), sight(patient_id=8), sight()):
        note(gatherer, what)
    assert len(gatherer.take()) == 4
    note(gatherer, sight(), NOW + dt.timedelta(minutes=9))
    assert not gatherer.take()
    note(gatherer, sight(), NOW + dt.timedelta(minutes=10))
    assert list(gatherer.take()) == [sight()]


def test_a_list_notes_whom_it_did_not_show_before() -> None:
    gatherer = Gatherer()
    note_list(gatherer, {1, 2})
    note_list(gatherer, {2, 3})
    [pending] = gatherer.take().values()
    assert (pending.shown, pending.noted) == ({1, 2, 3}, {1, 2, 3})
    note_list(gatherer, {1, 2, 3})
    assert not gatherer.take()
    note_list(gatherer, {3, 4})
    [pending] = gatherer.take().values()
    assert (pending.shown, pending.noted) == ({3, 4}, {4})
    note_list(gatherer, set())
    assert not gatherer.take()


def refuse(gatherer: Gatherer, patient_ids: list[int], things: list[str]) -> None:
    listing = Listing(ANA, "access.refuse", "documents.show")
    gatherer.note_refusal(listing, patient_ids, things, now=NOW, request=None)


@pytest.mark.guards("nobody floods the audit log by being refused again and again")
def test_refusals_are_noted_up_to_a_hundred_things_and_no_number_that_no_row_has() -> None:
    gatherer = Gatherer()
    refuse(gatherer, [], [])
    refuse(gatherer, [], [])
    [pending] = gatherer.take().values()
    assert not pending.noted
    for number in range(1, 500):
        refuse(gatherer, [number], [f"document_id {number}"])
    refuse(gatherer, [2**31, 0, 2**63], [])
    [pending] = gatherer.take().values()
    assert len(pending.noted) + len(pending.things) == gathering.MOST_REFUSED


@pytest.mark.guards("what was read is kept in memory while the database does not answer")
def test_what_could_not_be_written_is_written_next_time(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    gatherer = Gatherer()
    note(gatherer, sight())
    note_list(gatherer, {1})
    session.connection().exec_driver_sql("ALTER TABLE reading_patients RENAME TO away")
    session.commit()
    with pytest.raises(SQLAlchemyError):
        flush(gatherer, session)
    note_list(gatherer, {2})
    session.connection().exec_driver_sql("ALTER TABLE away RENAME TO reading_patients")
    session.commit()
    assert flush(gatherer, session) == 2
    assert flush(gatherer, session) == 0


def test_only_so_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_PENDING", 3)
    gatherer = Gatherer()
    for patient_id in range(5):
        note(gatherer, sight(patient_id=patient_id))
    assert [what.patient_id for what in gatherer.take()] == [2, 3, 4]  # type: ignore[union-attr]
    assert (gatherer.take_dropped(), gatherer.take_dropped()) == (2, 0)


def test_a_forked_process_writes_nothing_of_its_parent() -> None:
    gatherer = Gatherer()
    note(gatherer, sight())
    gatherer.forget()
    assert not gatherer.take()
