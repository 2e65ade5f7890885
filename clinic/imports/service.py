"""The life of an import: uploaded, queued, running, and how it ends."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, case, update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, SystemActor, record
from clinic.auth.models import User
from clinic.errors import Conflict
from clinic.idempotency import Key, find_made, made_with
from clinic.imports.batches import Batch, Counts
from clinic.imports.models import Import, ImportFailure, ImportKind, ImportState
from clinic.imports.queries import get_import
from clinic.imports.rows import Row
from clinic.imports.uploads import StoredUpload
from clinic.tasks import service as tasks

# Four starts without writing a row, and the import is given up.
KIND = tasks.Kind("import", Import, "clinic.imports.jobs.run", "imports", max_tries=4, lost=ImportFailure.WORKER_LOST)
WORKER = SystemActor("import")


@dataclass(frozen=True)
class Task:
    """What a worker was given; `attempt` and `tries` prove that it still holds the import."""

    task_id: int
    attempt: int
    tries: int
    kind: ImportKind
    source: str
    stored_as: str
    options: dict[str, Any]
    position: int
    line: int
    actor: Actor


def create_import(
    session: Session,
    *,
    upload: StoredUpload,
    source: str,
    filename: str,
    key: Key,
    actor: User,
    now: dt.datetime,
) -> Import:
    """A stored file, waiting to be looked at and started; the same key sent twice gives the first one."""
    if earlier := find_made(session, Import, key):
        return earlier
    row = Import(
        kind=upload.kind,
        source=source,
        filename=filename[:200],
        stored_as=upload.stored_as,
        size=upload.size,
        sha256=upload.sha256,
        lines_total=upload.lines,
        options=upload.options,
        requested_by_id=actor.id,
        requested_at=now,
        **made_with(key),
    )
    session.add(row)
    session.flush()
    after = {"kind": upload.kind, "source": source, "size": upload.size, "sha256": upload.sha256}
    record(session, "imports.upload", "import", row.id, actor=actor, now=now, after=after)
    tasks.announce(session, KIND, row.id)
    return row


def start_import(session: Session, *, import_id: int, options: dict[str, Any], actor: Actor, now: dt.datetime) -> None:
    """Hand an uploaded file to a worker. Raises Conflict when that was done already, NotFound."""
    get_import(session, import_id)
    is_new = Import.state == ImportState.UPLOADED
    if not tasks.change_task(session, KIND, import_id, is_new, options=options, **tasks.waiting(now)):
        raise Conflict(_("This import was started or discarded already."))
    record(session, "imports.start", "import", import_id, actor=actor, now=now, after={"options": options})
    tasks.dispatch(session, KIND, import_id, 1)


def cancel_import(session: Session, *, import_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop an import after the batch it is at, or discard one not started. What is imported stays.

    Raises Conflict when it is over, NotFound.
    """
    get_import(session, import_id)
    is_open = Import.state.in_([ImportState.UPLOADED, ImportState.QUEUED, ImportState.RUNNING])
    if not tasks.cancel(session, KIND, import_id, is_open, now):
        raise Conflict(_("This import is over."))
    record(session, "imports.cancel", "import", import_id, actor=actor, now=now)


def resume_import(session: Session, *, import_id: int, actor: Actor, now: dt.datetime) -> None:
    """Let a failed or cancelled import go on behind its last row. Raises Conflict for any other, NotFound."""
    row = get_import(session, import_id)
    stopped = and_(Import.state.in_([ImportState.FAILED, ImportState.CANCELLED]), Import.stored_as.is_not(None))
    again = tasks.waiting(now) | {"tries": 0, "attempt": Import.attempt + 1}
    if not tasks.change_task(session, KIND, import_id, stopped, **again):
        raise Conflict(_("Only an import that failed or was cancelled can go on."))
    record(session, "imports.resume", "import", import_id, actor=actor, now=now, after={"line": row.line})
    tasks.dispatch(session, KIND, import_id, row.attempt + 1)


def discard_import(session: Session, *, import_id: int, actor: Actor, now: dt.datetime) -> None:
    """Let a failed import rest; it can still go on. Raises Conflict for any other, NotFound."""
    get_import(session, import_id)
    is_failed = Import.state == ImportState.FAILED
    if not tasks.change_task(session, KIND, import_id, is_failed, state=ImportState.CANCELLED):
        raise Conflict(_("This import is not among the failed ones (any more)."))
    record(session, "imports.discard", "import", import_id, actor=actor, now=now)


def record_report(session: Session, *, import_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note who takes the list of refused rows away; NotFound."""
    row = get_import(session, import_id)
    record(session, "imports.report", "import", row.id, actor=actor, now=now, after={"refused": row.refused})


def claim_import(session: Session, *, import_id: int, attempt: int, now: dt.datetime) -> Task | None:
    """Start working on an import; None when somebody else does, or nobody should."""
    # Who wrote a row since its start may be killed as often as it likes: it comes to an end.
    tries = case((Import.position > Import.start_position, 1), else_=Import.tries + 1)
    row = tasks.claim(session, KIND, import_id, attempt, now, tries=tries, start_position=Import.position)
    if not isinstance(row, Import):
        return None
    if row.stored_as is None:
        row.state, row.failure, row.finished_at = ImportState.FAILED, ImportFailure.DAMAGED, now
        return None
    return Task(
        task_id=row.id,
        attempt=attempt,
        tries=row.tries,
        kind=row.kind,
        source=row.source,
        stored_as=row.stored_as,
        options=row.options,
        position=row.position,
        line=row.line,
        # Not the user itself: each transaction would read it once more.
        actor=SystemActor(by.actor_name, by.actor_id) if (by := row.requested_by) else WORKER,
    )


def write_rows(
    session: Session, task: Task, *, position: int, rows: list[Row], now: dt.datetime, is_told: bool = True
) -> bool:
    """Write the rows that begin at byte `position` and move on behind them; False when the task is no longer ours.

    `is_told`: whether who looks at the import is told how far it is.
    """
    is_ours = and_(tasks.held(KIND, task), Import.position == position)
    ahead = {"position": rows[-1].end, "line": rows[-1].last_line, "beat_at": now}
    if not tasks.change_quietly(session, KIND, task.task_id, is_ours, **ahead):
        return False
    if is_told:
        tasks.announce(session, KIND, task.task_id)
    source, actor = task.source, task.actor
    batch = Batch(session, import_id=task.task_id, source=source, kind=task.kind, actor=actor, now=now)
    counts = batch.write(rows)
    session.execute(update(Import).where(Import.id == task.task_id).values(**_added(counts)))
    return True


def _added(counts: Counts) -> dict[str, Any]:
    return {name: getattr(Import, name) + number for name, number in asdict(counts).items()}


def finish_import(session: Session, task: Task, *, now: dt.datetime) -> bool:
    """The file is read to its end; False when the task is no longer ours."""
    over = {"state": ImportState.FINISHED, "beat_at": now, "finished_at": now, "position": Import.size}
    if not tasks.change_task(session, KIND, task.task_id, tasks.held(KIND, task), **over):
        return False
    row = get_import(session, task.task_id)
    after = {name: getattr(row, name) for name in ("created", "updated", "unchanged", "refused")}
    record(session, "imports.finish", "import", row.id, actor=WORKER, now=now, after=after)
    live.publish(session, "patients")
    return True


def forget_file(session: Session, *, import_id: int, stored_as: str) -> None:
    """Note that the file is deleted; one never started counts as cancelled."""
    is_same = and_(Import.id == import_id, Import.stored_as == stored_as)
    never = and_(is_same, Import.state == ImportState.UPLOADED)
    session.execute(update(Import).where(never).values(state=ImportState.CANCELLED))
    session.execute(update(Import).where(is_same).values(stored_as=None))
    tasks.announce(session, KIND, import_id)
