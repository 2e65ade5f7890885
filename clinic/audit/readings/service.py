"""Readings as entries of the log."""

import hashlib
import hmac
from collections.abc import Collection
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.audit.readings.gathering import Batch, Listing, Pending, Reader, Sight
from clinic.audit.readings.models import ReadingPatient
from clinic.audit.service import SystemActor, keyed_digest, record
from clinic.crypto import canonical_json
from clinic.db import before_commit

_INSERT = insert(ReadingPatient.__table__)  # type: ignore[arg-type]


def write_readings(session: Session, batch: Batch) -> None:
    """One entry for each record that was looked at, one for each list with a row for each patient newly noted in it."""
    index = _Index()
    for key, pending in batch.items():
        if isinstance(key, Sight):
            _write_sight(session, key, pending)
        else:
            index.entries.append(_write_listing(session, key, pending))
    # After the entries were sealed, which gives them their numbers.
    before_commit(session, "readings", index)


def _write_sight(session: Session, sight: Sight, pending: Pending) -> None:
    record(
        session,
        sight.action,
        sight.entity,
        sight.entity_id,
        actor=_actor(sight.reader),
        now=pending.at,
        patient_id=sight.patient_id,
        after=_where(sight.reader, sight.view),
        request=pending.request,
    )


def _write_listing(session: Session, listing: Listing, pending: Pending) -> dict[str, Any]:
    after: dict[str, Any] = {**_where(listing.reader, listing.view), "noted": sorted(pending.noted)}
    if pending.shown:
        after |= {"shown": len(pending.shown), "digest": digest_of_shown(pending.shown)}
    if pending.things:
        after |= {"tried": sorted(pending.things)}
    return record(
        session,
        listing.action,
        "view",
        None,
        actor=_actor(listing.reader),
        now=pending.at,
        after=after,
        request=pending.request,
    )


def _where(reader: Reader, view: str) -> dict[str, Any]:
    return {"view": view} | ({"address": reader.address} if reader.address else {})


def _actor(reader: Reader) -> SystemActor:
    return SystemActor(reader.actor_name, reader.actor_id)


def digest_of_shown(patient_ids: Collection[int]) -> str:
    """What a list showed as a keyed digest in hex: whoever holds the key can say whether it was these patients."""
    content = canonical_json(sorted(patient_ids))
    return hmac.digest(keyed_digest(b"clinic.readings.shown"), content, hashlib.sha256).hex()


class _Index:
    """The patients of each entry that speaks of several, written once its number is known."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def __call__(self, session: Session) -> None:
        rows = [{"seq": e["seq"], "patient_id": i} for e in self.entries for i in e["after"]["noted"]]
        if rows:
            session.execute(_INSERT, rows)
