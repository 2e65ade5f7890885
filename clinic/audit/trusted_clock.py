"""Whether the server's clock can be believed: asked before anything is changed only because time has passed.

A dead battery or a mistyped date would otherwise close days that have not been, and delete what is still needed. The
clock is doubted when the newest entry of the log lies in its future or more than LONGEST_PAUSE back, when such a pause
lies within the last days and nobody said that it was one, or when it moved against the machine's own count of seconds
since it was started. `confirm_clock()` ends every doubt.
"""

import contextlib
import datetime as dt
import enum
import functools
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.audit.service import Actor, record
from clinic.db import current_session

LONGEST_PAUSE = dt.timedelta(days=4)
TOLERANCE = dt.timedelta(minutes=5)
CONFIRMED = "clock.confirm"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
Job = Callable[[], None]
log = logging.getLogger(__name__)


class Doubt(enum.StrEnum):
    PAUSE = "pause"
    FUTURE = "future"
    MOVED = "moved"


def by_the_clock(job: Job) -> Job:
    """Mark a job that changes rows only because time has passed: it does nothing while the clock is doubted."""

    @functools.wraps(job)
    def run() -> None:
        now, var = clock.now(), current_app.config["CLINIC"].var
        note_clock(current_session(), now=now, var=var)
        doubt = find_doubt(current_session(), now=now, var=var)
        if doubt is None:
            job()
        else:
            log.warning("held back: the clock is doubted", extra={"job": job.__module__, "doubt": str(doubt)})

    run.waits_for_clock = True  # type: ignore[attr-defined]
    return run


def whatever_the_clock(why: str) -> Callable[[Job], Job]:
    """Mark a job of the schedule that a wrong clock cannot mislead, and say why."""

    def mark(job: Job) -> Job:
        job.waits_for_clock, job.why = False, why  # type: ignore[attr-defined]
        return job

    return mark


def find_doubt(session: Session, *, now: dt.datetime, var: Path) -> Doubt | None:
    """Why `now` cannot be believed, or None. An empty log and a machine that never noted its clock raise no doubt."""
    newest = session.execute(_entries().order_by(AuditEntry.seq.desc()).limit(1)).first()
    if newest is None:
        return None
    if newest.at > now + TOLERANCE:
        return Doubt.FUTURE
    confirmed, note = _confirmed(session), _read_note(var)
    if now - newest.at > LONGEST_PAUSE or _paused_lately(session, now, confirmed):
        return Doubt.PAUSE
    if note and _holds(note, confirmed) and abs(_offset(now) - note["offset"]) > TOLERANCE.total_seconds():
        return Doubt.MOVED
    return None


def _entries() -> Select[Any]:
    return select(AuditEntry.seq, AuditEntry.at)


def _confirmed(session: Session) -> int:
    """The last time somebody said that the clock is right; 0 for never."""
    query = select(AuditEntry.seq).where(AuditEntry.action == CONFIRMED).order_by(AuditEntry.seq.desc()).limit(1)
    return session.scalar(query) or 0


def _paused_lately(session: Session, now: dt.datetime, confirmed: int) -> bool:
    """Whether the log goes on within the last days after a long pause: a wrong clock writes entries, too."""
    since = _entries().where(AuditEntry.at >= now - LONGEST_PAUSE, AuditEntry.seq > confirmed)
    first = session.execute(since.order_by(AuditEntry.at, AuditEntry.seq).limit(1)).first()
    if first is None:
        return False
    before = _entries().where(AuditEntry.seq < first.seq, AuditEntry.seq >= confirmed)
    previous = session.execute(before.order_by(AuditEntry.seq.desc()).limit(1)).first()
    return previous is not None and first.at - previous.at > LONGEST_PAUSE


def note_clock(session: Session, *, now: dt.datetime, var: Path) -> None:
    """Note how far clock and machine are apart, once after each start and confirmation, for every process to read."""
    note, confirmed = _read_note(var), _confirmed(session)
    if note and _holds(note, confirmed):
        return
    fresh = var / "clock.json.new"
    fresh.write_text(json.dumps({"boot": _boot(), "offset": _offset(now), "confirmed": confirmed}))
    fresh.replace(var / "clock.json")


def _read_note(var: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        note = json.loads((var / "clock.json").read_text())
        if isinstance(note, dict) and {"boot", "offset", "confirmed"} <= note.keys():
            return note
    return None


def _holds(note: dict[str, Any], confirmed: int) -> bool:
    """Whether a note is of this start of the machine, and nobody has put the clock right since."""
    return bool(note["boot"] == _boot() and note["confirmed"] >= confirmed)


def _boot() -> str:
    """Which start of the machine this is; empty where it does not say."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""


def _offset(now: dt.datetime) -> float:
    """Seconds between the clock and the machine's own count since its start; a step of the clock changes it."""
    return now.timestamp() - time.clock_gettime(_BOOT_CLOCK)


def confirm_clock(session: Session, *, actor: Actor, now: dt.datetime) -> None:
    """Note that `actor` said: the clock is right, go on."""
    record(session, CONFIRMED, "clock", None, actor=actor, now=now)
