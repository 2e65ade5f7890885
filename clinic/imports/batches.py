"""Writing a batch of rows: new records, changed records, refusals. One transaction, the caller's."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.crypto import canonical_json, key_ring
from clinic.errors import DomainError
from clinic.imports.models import ImportKind, ImportOrigin, ImportRefusal
from clinic.imports.queries import Origin, find_origins
from clinic.imports.records import PATIENTS, PRACTITIONERS, Records
from clinic.imports.rows import Row
from clinic.patients.details import PatientDetails
from clinic.patients.prepared import prepare

# Raise it when the same source record comes to mean something else to us: then a re-run writes it anew.
READING_VERSION = 2
_RESOURCE: Any = ImportOrigin.__table__.c.resource.type


@dataclass(frozen=True)
class Counts:
    """How many rows of a batch had which outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True)
class _Sought:
    """A row with the digests it is recognised by."""

    row: Row
    key: bytes
    content: bytes


def prepare_row(row: Row) -> Row:
    """The row with all that can be sealed and digested before its transaction."""
    if row.reason:
        return row
    prepared = prepare(row.details) if isinstance(row.details, PatientDetails) else None
    return replace(row, prepared=prepared, resource=_RESOURCE.seal(row.content))


class Batch:
    """The rows of one transaction of an import."""

    def __init__(
        self, session: Session, *, import_id: int, source: str, kind: ImportKind, actor: Actor, now: dt.datetime
    ) -> None:
        self._session, self._import_id, self._source, self._actor, self._now = session, import_id, source, actor, now
        self._records: Records[Any] = PRACTITIONERS if kind is ImportKind.FHIR_PRACTITIONERS else PATIENTS
        self._refusals: dict[int, str] = {}

    def write(self, rows: Sequence[Row]) -> Counts:
        """Write the rows; each has exactly one outcome."""
        for row in rows:
            if row.reason:
                self._refuse(row, row.reason)
        sought = self._seek([row for row in rows if not row.reason])
        origins = find_origins(self._session, self._source, self._records.kind, [s.key for s in sought])
        fresh, known = self._sort(sought, origins)
        changed = [(s, origin) for s, origin in known if origin.content != s.content]
        created = self._create(fresh)
        updated = sum(self._update(s, origin) for s, origin in changed)
        self._mark_seen([origin.id for _s, origin in known])
        self._write_refusals()
        return Counts(created, updated, len(known) - len(changed), len(self._refusals))

    def _seek(self, rows: list[Row]) -> list[_Sought]:
        practitioners = self._practitioners(rows)
        found = []
        for row in rows:
            practitioner_id = practitioners.get(row.practitioner_key or "")
            if practitioner_id and isinstance(row.details, PatientDetails):
                prepared = row.prepared and row.prepared.with_practitioner(practitioner_id)
                details = replace(row.details, practitioner_id=practitioner_id)
                row = replace(row, details=details, prepared=prepared)
            # The practitioner counts: a patient file read again after the practitioners' file links them.
            said = canonical_json([READING_VERSION, practitioner_id, row.content])
            ring = key_ring()
            key = ring.blind_index("import.key", row.key)
            found.append(_Sought(row, key, ring.blind_index("import.content", said.decode())))
        return found

    def _practitioners(self, rows: list[Row]) -> dict[str, int]:
        ring = key_ring()
        keys = {
            row.practitioner_key: ring.blind_index("import.key", row.practitioner_key)
            for row in rows
            if row.practitioner_key
        }
        origins = find_origins(self._session, self._source, PRACTITIONERS.kind, keys.values())
        return {key: origins[digest].record_id for key, digest in keys.items() if digest in origins}

    def _sort(
        self, sought: list[_Sought], origins: dict[bytes, Origin]
    ) -> tuple[list[_Sought], list[tuple[_Sought, Origin]]]:
        """New rows and known ones; a record that this file had before is refused."""
        fresh, known, seen = [], [], set[bytes]()
        for s in sought:
            origin = origins.get(s.key)
            if s.key in seen or (origin and origin.import_id == self._import_id):
                self._refuse(s.row, _("The file has this record twice; the first one was taken."))
            elif origin:
                known.append((s, origin))
            else:
                fresh.append(s)
            seen.add(s.key)
        return fresh, known

    def _create(self, fresh: list[_Sought]) -> int:
        written = self._records.create(self._session, [s.row for s in fresh], self._actor, self._now)
        origins = []
        for s, made in zip(fresh, written, strict=True):
            if isinstance(made, DomainError):
                self._refuse(s.row, made.message)
                continue
            record_id, version = made
            origins.append(
                {
                    "source": self._source,
                    "kind": self._records.kind,
                    "key": s.key,
                    "content": s.content,
                    self._records.column: record_id,
                    "version": version,
                    "import_id": self._import_id,
                    "resource": s.row.resource or s.row.content,
                }
            )
        if origins:
            self._session.execute(insert(ImportOrigin.__table__), origins)  # type: ignore[arg-type]
        return len(origins)

    def _update(self, s: _Sought, origin: Origin) -> bool:
        try:
            version = self._records.update(self._session, origin, s.row, self._actor, self._now)
        except DomainError as error:
            self._refuse(s.row, error.message)
            return False
        self._session.execute(
            update(ImportOrigin)
            .where(ImportOrigin.id == origin.id)
            .values(content=s.content, resource=s.row.resource or s.row.content, version=version)
        )
        return True

    def _mark_seen(self, ids: list[int]) -> None:
        if ids:
            self._session.execute(
                update(ImportOrigin)
                .where(ImportOrigin.id.in_(ids))
                .values(import_id=self._import_id)
                .execution_options(synchronize_session=False)
            )

    def _refuse(self, row: Row, reason: str) -> None:
        self._refusals[row.line] = reason

    def _write_refusals(self) -> None:
        if self._refusals:
            rows = [{"import_id": self._import_id, "line": n, "reason": r} for n, r in self._refusals.items()]
            self._session.execute(insert(ImportRefusal), rows)
