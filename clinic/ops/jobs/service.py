"""Taking up or dropping a job that failed."""

import datetime as dt

from sqlalchemy.orm import Session

from clinic.audit.service import Actor, record
from clinic.db import after_commit
from clinic.ops.jobs.queries import get_failed_job


def retry_job(session: Session, *, job_id: str, actor: Actor, now: dt.datetime) -> None:
    """Queue a failed job again. Raises NotFound, Unavailable."""
    job, registry = get_failed_job(job_id)
    record(session, "ops.retry_job", "job", None, actor=actor, now=now, after={"job": job.id, "does": job.func_name})
    after_commit(session, lambda: registry.requeue(job))


def discard_job(session: Session, *, job_id: str, actor: Actor, now: dt.datetime) -> None:
    """Forget a failed job. Raises NotFound, Unavailable."""
    job, registry = get_failed_job(job_id)
    record(session, "ops.discard_job", "job", None, actor=actor, now=now, after={"job": job.id, "does": job.func_name})
    after_commit(session, lambda: registry.remove(job, delete_job=True))
