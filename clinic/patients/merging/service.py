"""Merging two records into one, and undoing it: the columns of the record, and the rows of every table."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.patients.details import DERIVED, PatientDetails, check, columns, details_of, snapshot
from clinic.patients.duplicates.service import mark_for_matching
from clinic.patients.merging.combining import Choice, combine
from clinic.patients.merging.contradictions import find_contradictions
from clinic.patients.merging.fields import changed_values, restore_values, settled_values
from clinic.patients.merging.locks import lock_records
from clinic.patients.merging.models import PatientMerge
from clinic.patients.merging.moving import move_all, move_back
from clinic.patients.merging.queries import get_merge
from clinic.patients.models import Patient
from clinic.patients.search.service import SearchEntry, index_patient, index_patients
from clinic.patients.service import AHEAD_OF_UTC


def merge_patients(
    session: Session,
    *,
    survivor_id: int,
    merged_id: int,
    choices: Mapping[str, Choice],
    keeps_name: bool = True,
    versions: tuple[int, int] | None = None,
    key: Key | None = None,
    actor: Actor,
    now: dt.datetime,
) -> PatientMerge:
    """Make one record of two: everything of `merged_id` moves to `survivor_id`, which says what was chosen.

    The same key sent twice gives the first merge. Conflict when one of them was merged, or is no longer at `versions`
    (the survivor's and the other's), or when both hold rows that one record may not; Invalid; NotFound.
    """
    if survivor_id == merged_id:
        raise Invalid(_("This is one and the same record."))
    if earlier := find_made(session, PatientMerge, key):
        return earlier
    survivor, merged = lock_records(session, survivor_id, merged_id)
    _check_states(survivor, merged, versions)
    mine = details_of(survivor)
    combined = combine(mine, details_of(merged), choices, keeps_name=keeps_name)
    check(combined, (now + AHEAD_OF_UTC).date())
    kept = _settle(survivor, merged, columns(combined)) | move_all(session, survivor, merged)
    # Higher than either was: an import sees that the records it knows were changed here.
    _touch(session, survivor, max(survivor.version, merged.version) + 1, now)
    merge = PatientMerge(
        survivor_id=survivor_id,
        merged_id=merged_id,
        record=kept,
        merged_at=now,
        merged_by_id=actor.actor_id,
        **made_with(key),
    )
    session.add(merge)
    session.flush()
    _make_findable(session, survivor, merged, now)
    moved = {name.split(".")[0]: len(keys) for name, keys in kept["moved"].items()}
    _log(session, ("patients.merge", "patients.merged_into"), merge, mine, {"moved": moved}, actor, now)
    return merge


def undo_merge(session: Session, *, merge_id: int, actor: Actor, now: dt.datetime) -> PatientMerge:
    """Put everything back as it was. Conflict, and nothing is done, when it was undone or find_contradictions()."""
    merge = get_merge(session, merge_id)
    survivor, merged = lock_records(session, merge.survivor_id, merge.merged_id)
    session.refresh(merge)
    if merge.undone_at is not None:
        raise Conflict(_("This merge was undone already."))
    if find_contradictions(session, merge):
        raise Conflict(_("The record went on since: this merge can no longer be undone."))
    mine = details_of(survivor)
    # First: the database gives nothing to a record that is merged.
    merged.merged_into_id = None
    session.flush()
    move_back(session, merge)
    restore_values(survivor, merge.record["survivor"])
    restore_values(merged, merge.record["merged"])
    merge.undone_at, merge.undone_by_id = now, actor.actor_id
    _touch(session, survivor, survivor.version + 1, now)
    _make_findable(session, survivor, merged, now)
    _log(session, ("patients.unmerge", "patients.unmerged"), merge, mine, {}, actor, now)
    return merge


def _check_states(survivor: Patient, merged: Patient, versions: tuple[int, int] | None) -> None:
    if survivor.merged_into_id or merged.merged_into_id:
        raise Conflict(_("One of the two records was merged meanwhile."))
    if versions is not None and versions != (survivor.version, merged.version):
        raise Conflict(_("Somebody changed one of the two records meanwhile: look at the values again."))


def _settle(survivor: Patient, merged: Patient, chosen: dict[str, Any]) -> dict[str, Any]:
    """Write the columns of both; what changed as PatientMerge.record keeps it."""
    values = settled_values(survivor, merged, chosen)
    changed = changed_values(survivor, values)
    for name in (*changed, *DERIVED):
        setattr(survivor, name, values[name])
    was_active = merged.is_active
    merged.merged_into_id, merged.is_active = survivor.id, False
    return {"survivor": changed, "merged": {"is_active": [was_active, False]}}


def _touch(session: Session, survivor: Patient, version: int, now: dt.datetime) -> None:
    survivor.version, survivor.updated_at = version, now
    session.flush()


def _make_findable(session: Session, survivor: Patient, merged: Patient, now: dt.datetime) -> None:
    """Bring the search, the comparison with others and every open screen up to date."""
    index_patient(session, survivor)
    if merged.merged_into_id is None:
        index_patient(session, merged)
    else:
        index_patients(session, [SearchEntry(patient_id=merged.id, search_name="")])
    mark_for_matching(session, [survivor.id, merged.id], now)
    ids = (survivor.id, merged.id)
    live.publish(session, *(f"{area}:{i}" for area in ("patients", "documents") for i in ids))
    # Tickets, appointments and visits show another name now, whatever their day or department.
    live.publish(session, "patients:pairs", "queue", "appointments", "visits")


def _log(
    session: Session,
    actions: tuple[str, str],
    merge: PatientMerge,
    mine: PatientDetails,
    further: dict[str, Any],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """One entry in the history of each record. What the log says of them already stays where it is."""
    survivor, merged = merge.survivor, merge.merged
    before, after = changes(snapshot(mine), snapshot(details_of(survivor)))
    said = [
        (survivor, before, after | {"merged_mrn": merged.mrn} | further),
        (merged, None, {"survivor_mrn": survivor.mrn}),
    ]
    for action, (patient, old, new) in zip(actions, said, strict=True):
        record(
            session, action, "patient", patient.id, patient_id=patient.id, actor=actor, now=now, before=old, after=new
        )
