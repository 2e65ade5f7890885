"""A merge moves the rows of every table that names a patient, also of tables this area knows nothing of."""

from importlib import import_module
from pkgutil import walk_packages

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint, insert, select
from sqlalchemy.orm import Session

import clinic
from clinic.db import Base, transaction
from clinic.errors import Conflict
from clinic.patients.merging.contradictions import find_contradictions
from clinic.patients.merging.references import OnMerge, Reference, references
from clinic.patients.models import Patient
from tests.factories import Factory
from tests.patients.merging.records import merge, two_records, undo
from tests.patients.merging.rows import add_row

# Columns whose rows speak of one record and never of a person; a new one must be added here deliberately.
KEPT = {
    "duplicate_checks.patient_id",
    "duplicate_pairs.high_id",
    "duplicate_pairs.low_id",
    "patient_merges.merged_id",
    "patient_merges.survivor_id",
    "patient_search_tokens.patient_id",
}
for module in walk_packages(clinic.__path__, "clinic."):
    if module.name.endswith(".models"):
        import_module(module.name)
MOVING = [reference for reference in references() if reference.moves]


def owner(session: Session, reference: Reference, key: dict[str, object]) -> int | None:
    query = select(reference.column)
    for name, value in key.items():
        if name != reference.column.name:
            query = query.where(reference.table.c[name] == value)
    return session.scalars(query).one()


@pytest.mark.parametrize("reference", MOVING, ids=[reference.name for reference in MOVING])
def test_a_row_moves_and_comes_back(session: Session, reference: Reference) -> None:
    survivor, other = two_records(session)
    with transaction(session):
        key = add_row(session, reference.table, **{reference.column.name: other.id})
    done = merge(session, survivor, other)
    assert owner(session, reference, key) == survivor.id
    assert find_contradictions(session, done) == []
    undo(session, done)
    assert owner(session, reference, key) == other.id


def test_what_never_moves_is_known() -> None:
    assert {reference.name for reference in references()} - {reference.name for reference in MOVING} == KEPT


def test_every_table_with_a_patient_names_it_by_a_foreign_key() -> None:
    """The audit log aside, which outlives what it speaks of."""
    named = {reference.name for reference in references()}
    loose = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("patient_id") and f"{table.name}.{column.name}" not in named
    }
    assert loose == {"audit_entries.patient_id", "reading_patients.patient_id"}


@pytest.fixture
def photos(session: Session, monkeypatch: pytest.MonkeyPatch) -> Table:
    """A table of a higher area: one row a patient."""
    table = Table(
        "test_photos",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("patient_id", Integer, ForeignKey(Patient.__table__.c.id), nullable=False),
        Column("place", String(20)),
        UniqueConstraint("patient_id"),
    )
    with transaction(session):
        table.create(session.connection())
    known = references()
    monkeypatch.setattr("clinic.patients.merging.moving.references", lambda: [*known, Reference(table.c.patient_id)])
    return table


def two_photos(session: Session, photos: Table) -> tuple[Patient, Patient]:
    survivor, other = two_records(session)
    with transaction(session):
        rows = [{"patient_id": p.id, "place": name} for p, name in ((survivor, "mine"), (other, "other"))]
        session.execute(insert(photos), rows)
    return survivor, other


def places(session: Session, photos: Table) -> dict[int, str]:
    return dict(session.execute(select(photos.c.patient_id, photos.c.place)).tuples().all())


def test_two_rows_of_which_one_record_may_have_one_refuse_the_merge(
    session: Session, make: Factory, photos: Table
) -> None:
    survivor, other = two_photos(session, photos)
    with pytest.raises(Conflict, match="test photos"):
        merge(session, survivor, other)
    assert places(session, photos) == {survivor.id: "mine", other.id: "other"}
    assert other.merged_into_id is None


def test_where_the_column_says_so_the_other_row_stays_behind(session: Session, photos: Table) -> None:
    photos.c.patient_id.info["on_merge"] = OnMerge.STAY.value
    survivor, other = two_photos(session, photos)
    done = merge(session, survivor, other)
    assert places(session, photos) == {survivor.id: "mine", other.id: "other"}
    undo(session, done)
    assert places(session, photos) == {survivor.id: "mine", other.id: "other"}
