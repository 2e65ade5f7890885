"""Asking for an export, cancelling it, and every step of the worker that makes it.

Each step is one conditional UPDATE: whoever lost the export (cancelled, or handed to another worker) changes nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, update
from sqlalchemy.orm import Session

from clinic.audit.service import SystemActor, record
from clinic.auth.models import User
from clinic.errors import Conflict, Forbidden, Invalid
from clinic.exports.datasets.registry import DATASETS
from clinic.exports.models import Delimiter, Export, ExportFailure, ExportFormat, ExportKind, ExportState
from clinic.exports.queries import get_export
from clinic.idempotency import Key, find_made, made_with
from clinic.tasks import service as tasks
from clinic.tracing import request_id

WORKER = SystemActor("export worker")
KIND = tasks.Kind("export", Export, "clinic.exports.jobs.run", "exports", max_tries=5, lost=ExportFailure.WORKER_LOST)


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for: columns by key, filters as the screen's fields and in words."""

    kind: ExportKind
    columns: Sequence[str]
    filters: dict[str, Any]
    filter_words: Sequence[str] = ()
    format: ExportFormat = ExportFormat.CSV
    delimiter: Delimiter = Delimiter.COMMA
    has_bom: bool = False


@dataclass(frozen=True)
class Task:
    """What a worker was given. `attempt` and `tries` prove that it still holds the export; `obsolete`: a file of an
    earlier try to be deleted."""

    task_id: int
    attempt: int
    tries: int
    wanted: Wanted
    stored_as: str
    obsolete: str | None


@dataclass(frozen=True)
class Made:
    """The finished file: size in bytes, SHA-256 in hex of what is downloaded."""

    rows: int
    size: int
    sha256: str
    filename: str


def request_export(
    session: Session, *, wanted: Wanted, actor: User, now: dt.datetime, key: Key | None = None
) -> Export:
    """Ask for a file; the same key sent twice gives the first export. Raises Forbidden, Invalid."""
    dataset = DATASETS[wanted.kind]
    if not actor.may(dataset.permission):
        raise Forbidden(_("You may not export these records."))
    keys = [column.key for column in dataset.chosen(wanted.columns)]
    if not keys:
        raise Invalid(_("Choose at least one column."), "columns")
    if earlier := find_made(session, Export, key):
        return earlier
    export = Export(
        kind=wanted.kind,
        format=wanted.format,
        delimiter=wanted.delimiter,
        has_bom=wanted.has_bom,
        columns=keys,
        filters=wanted.filters,
        filter_words=list(wanted.filter_words),
        requested_by_id=actor.id,
        requested_at=now,
        queued_at=now,
        dispatched_at=now,
        dispatches=1,
        request_id=request_id.get(),
        **made_with(key),
        attempt=1,
    )
    session.add(export)
    session.flush()
    after = {"kind": wanted.kind, "format": wanted.format, "columns": keys, "filters": wanted.filters}
    record(session, "exports.request", "export", export.id, actor=actor, now=now, after=after)
    tasks.announce(session, KIND, export.id)
    tasks.dispatch(session, KIND, export.id, export.attempt)
    return export


def cancel_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> Export:
    """Take an export back; its worker stops within a second. Raises Conflict when it is over, NotFound."""
    export = get_export(session, export_id, actor)
    if not tasks.cancel(session, KIND, export_id, tasks.is_open(KIND), now):
        raise Conflict(_("This export is no longer waiting or running."))
    record(session, "exports.cancel", "export", export_id, actor=actor, now=now)
    return _fresh(session, export)


def repeat_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> Export:
    """Make a failed, cancelled or expired export once more. Raises Conflict for any other, NotFound."""
    export = get_export(session, export_id, actor)
    repeatable = Export.state.in_([ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED])
    empty = {"rows_done": 0, "rows_total": None, "expires_at": None}
    again = tasks.waiting(now) | empty | {"tries": 0, "attempt": Export.attempt + 1}
    if not tasks.change_task(session, KIND, export_id, repeatable, **again):
        raise Conflict(_("Only an export that failed, was cancelled or has expired can be made again."))
    record(session, "exports.repeat", "export", export_id, actor=actor, now=now)
    _fresh(session, export)
    tasks.dispatch(session, KIND, export_id, export.attempt)
    return export


def discard_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> None:
    """Let a failed export rest. Raises Conflict for any other, NotFound."""
    get_export(session, export_id, actor)
    is_failed = Export.state == ExportState.FAILED
    if not tasks.change_task(session, KIND, export_id, is_failed, state=ExportState.CANCELLED):
        raise Conflict(_("This export is not among the failed ones (any more)."))
    record(session, "exports.discard", "export", export_id, actor=actor, now=now)


def record_download(session: Session, export: Export, *, actor: User, now: dt.datetime) -> None:
    """Note who takes the file away."""
    after = {"file": export.filename, "rows": export.rows_done, "sha256": export.sha256}
    record(session, "exports.download", "export", export.id, actor=actor, now=now, after=after)


def claim_export(session: Session, *, export_id: int, attempt: int, now: dt.datetime) -> Task | None:
    """Start working on an export; None when somebody else does, or nobody should."""
    export = tasks.claim(session, KIND, export_id, attempt, now, rows_done=0, rows_total=None)
    if not isinstance(export, Export):
        return None
    obsolete, export.stored_as = export.stored_as, f"exports/{export.id}/{attempt}-{export.tries}"
    wanted = Wanted(
        kind=export.kind,
        columns=export.columns,
        filters=export.filters,
        format=export.format,
        delimiter=export.delimiter,
        has_bom=export.has_bom,
    )
    return Task(export.id, attempt, export.tries, wanted, export.stored_as, obsolete)


def note_progress(session: Session, task: Task, *, rows: int, total: int, now: dt.datetime) -> bool:
    """A sign of life with how far it is; False when the task is no longer ours."""
    is_ours, so_far = tasks.held(KIND, task), {"rows_done": rows, "rows_total": total, "beat_at": now}
    return tasks.change_task(session, KIND, task.task_id, is_ours, **so_far)


def finish_export(session: Session, task: Task, *, made: Made, expires_at: dt.datetime, now: dt.datetime) -> bool:
    """Offer the stored file for download; False when the task is no longer ours."""
    done = {"rows_done": made.rows, "rows_total": made.rows, "size": made.size, "sha256": made.sha256}
    times = {"beat_at": now, "finished_at": now, "expires_at": expires_at}
    over = {"state": ExportState.FINISHED, "filename": made.filename} | done | times
    if not tasks.change_task(session, KIND, task.task_id, tasks.held(KIND, task), **over):
        return False
    after = {"file": made.filename, "rows": made.rows, "sha256": made.sha256}
    record(session, "exports.finish", "export", task.task_id, actor=WORKER, now=now, after=after)
    return True


def expire_export(session: Session, *, export_id: int, now: dt.datetime) -> None:
    """Withdraw a finished export whose time is over."""
    is_over = and_(Export.state == ExportState.FINISHED, Export.expires_at <= now)
    if tasks.change_task(session, KIND, export_id, is_over, state=ExportState.EXPIRED):
        record(session, "exports.expire", "export", export_id, actor=WORKER, now=now)


def forget_file(session: Session, *, export_id: int, stored_as: str) -> None:
    """Note that the file is deleted."""
    session.execute(update(Export).where(Export.id == export_id, Export.stored_as == stored_as).values(stored_as=None))


def _fresh(session: Session, export: Export) -> Export:
    session.refresh(export)
    return export
