"""Asking for an export, cancelling it, and every step of the worker that makes it.

Each step is one conditional UPDATE: whoever lost the export (cancelled, or handed to another worker) changes nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CursorResult, and_, or_, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import SystemActor, record
from clinic.auth.models import User
from clinic.errors import Conflict, Forbidden, Invalid
from clinic.exports.datasets.registry import DATASETS
from clinic.exports.models import Delimiter, Export, ExportFailure, ExportFormat, ExportKind, ExportState
from clinic.exports.queries import get_export
from clinic.idempotency import Key, find_made, made_with
from clinic.queueing import enqueue_after_commit
from clinic.tracing import request_id

WORKER = SystemActor("export worker")
JOB = "clinic.exports.jobs.run"
QUEUE = "long"
MAX_TRIES = 5
# RQ repeats a job only once its process is gone; this long without a sign of life confirms it.
TAKEOVER = dt.timedelta(seconds=4)


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

    export_id: int
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


def job_id(export_id: int, attempt: int) -> str:
    """The name of the job in Redis."""
    return f"export-{export_id}-{attempt}"


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
        request_id=request_id.get(),
        **made_with(key),
        attempt=1,
    )
    session.add(export)
    session.flush()
    after = {"kind": wanted.kind, "format": wanted.format, "columns": keys, "filters": wanted.filters}
    record(session, "exports.request", "export", export.id, actor=actor, now=now, after=after)
    _announce(session, export.id)
    _dispatch(session, export.id, export.attempt)
    return export


def cancel_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> Export:
    """Take an export back; its worker stops within a second. Raises Conflict when it is over, NotFound."""
    export = get_export(session, export_id, actor)
    is_open = Export.state.in_([ExportState.QUEUED, ExportState.RUNNING])
    if not _change(session, export_id, is_open, state=ExportState.CANCELLED, finished_at=now):
        raise Conflict(_("This export is no longer waiting or running."))
    record(session, "exports.cancel", "export", export_id, actor=actor, now=now)
    return _fresh(session, export)


def repeat_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> Export:
    """Make a failed, cancelled or expired export once more. Raises Conflict for any other, NotFound."""
    export = get_export(session, export_id, actor)
    repeatable = Export.state.in_([ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED])
    if not _change(session, export_id, repeatable, tries=0, **_queued(now)):
        raise Conflict(_("Only an export that failed, was cancelled or has expired can be made again."))
    record(session, "exports.repeat", "export", export_id, actor=actor, now=now)
    _fresh(session, export)
    _dispatch(session, export_id, export.attempt)
    return export


def discard_export(session: Session, *, export_id: int, actor: User, now: dt.datetime) -> None:
    """Let a failed export rest. Raises Conflict for any other, NotFound."""
    get_export(session, export_id, actor)
    if not _change(session, export_id, Export.state == ExportState.FAILED, state=ExportState.CANCELLED):
        raise Conflict(_("This export is not among the failed ones (any more)."))
    record(session, "exports.discard", "export", export_id, actor=actor, now=now)


def record_download(session: Session, export: Export, *, actor: User, now: dt.datetime) -> None:
    """Note who takes the file away."""
    after = {"file": export.filename, "rows": export.rows_done, "sha256": export.sha256}
    record(session, "exports.download", "export", export.id, actor=actor, now=now, after=after)


def claim_export(session: Session, *, export_id: int, attempt: int, now: dt.datetime) -> Task | None:
    """Start working on an export; None when somebody else does, or nobody should."""
    is_dead = and_(Export.state == ExportState.RUNNING, Export.beat_at < now - TAKEOVER)
    is_free = and_(Export.attempt == attempt, or_(Export.state == ExportState.QUEUED, is_dead))
    started = {"started_at": now, "beat_at": now, "rows_done": 0, "rows_total": None, "failure": None}
    if not _change(session, export_id, is_free, state=ExportState.RUNNING, tries=Export.tries + 1, **started):
        return None
    export = session.get_one(Export, export_id, populate_existing=True)
    if export.tries > MAX_TRIES:
        export.state, export.failure, export.finished_at = ExportState.FAILED, ExportFailure.WORKER_LOST, now
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
    """A sign of life; False when the task is no longer ours."""
    return _change(session, task.export_id, _held(task), rows_done=rows, rows_total=total, beat_at=now)


def finish_export(session: Session, task: Task, *, made: Made, expires_at: dt.datetime, now: dt.datetime) -> bool:
    """Offer the stored file for download; False when the task is no longer ours."""
    done = {"rows_done": made.rows, "rows_total": made.rows, "size": made.size, "sha256": made.sha256}
    times = {"beat_at": now, "finished_at": now, "expires_at": expires_at}
    state = ExportState.FINISHED
    if not _change(session, task.export_id, _held(task), state=state, filename=made.filename, **done, **times):
        return False
    after = {"file": made.filename, "rows": made.rows, "sha256": made.sha256}
    record(session, "exports.finish", "export", task.export_id, actor=WORKER, now=now, after=after)
    return True


def fail_export(session: Session, task: Task, *, failure: ExportFailure, is_final: bool, now: dt.datetime) -> None:
    """Give up; or, unless `is_final`, wait for RQ to repeat the job while tries are left."""
    if is_final or task.tries >= MAX_TRIES:
        _change(session, task.export_id, _held(task), state=ExportState.FAILED, failure=failure, finished_at=now)
    else:
        _change(session, task.export_id, _held(task), state=ExportState.QUEUED, failure=failure, queued_at=now)


def redispatch_export(session: Session, *, export_id: int, attempt: int, now: dt.datetime) -> None:
    """Give an export whose job is lost to a new one; nothing when it moved on meanwhile."""
    is_same = and_(Export.attempt == attempt, Export.state.in_([ExportState.QUEUED, ExportState.RUNNING]))
    if _change(session, export_id, is_same, **_queued(now)):
        _dispatch(session, export_id, attempt + 1)


def expire_export(session: Session, *, export_id: int, now: dt.datetime) -> None:
    """Withdraw a finished export whose time is over."""
    is_over = and_(Export.state == ExportState.FINISHED, Export.expires_at <= now)
    if _change(session, export_id, is_over, state=ExportState.EXPIRED):
        record(session, "exports.expire", "export", export_id, actor=WORKER, now=now)


def forget_file(session: Session, *, export_id: int, stored_as: str) -> None:
    """Note that the file is deleted."""
    session.execute(update(Export).where(Export.id == export_id, Export.stored_as == stored_as).values(stored_as=None))


def _queued(now: dt.datetime) -> dict[str, Any]:
    """Columns of an export that waits for a new job."""
    empty = dict.fromkeys(("started_at", "beat_at", "finished_at", "rows_total", "failure", "expires_at"))
    return empty | {"state": ExportState.QUEUED, "queued_at": now, "rows_done": 0, "attempt": Export.attempt + 1}


def _held(task: Task) -> Any:
    return and_(Export.state == ExportState.RUNNING, Export.attempt == task.attempt, Export.tries == task.tries)


def _change(session: Session, export_id: int, condition: Any, **values: Any) -> bool:
    """Change the row if `condition` still holds, and tell who looks at it."""
    statement = update(Export).where(Export.id == export_id, condition).values(**values)
    result: CursorResult[Any] = session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[assignment]
    if result.rowcount:
        _announce(session, export_id)
    return bool(result.rowcount)


def _fresh(session: Session, export: Export) -> Export:
    session.refresh(export)
    return export


def _announce(session: Session, export_id: int) -> None:
    live.publish(session, f"jobs:export:{export_id}")


def _dispatch(session: Session, export_id: int, attempt: int) -> None:
    enqueue_after_commit(session, JOB, export_id, attempt, queue=QUEUE, job_id=job_id(export_id, attempt))
