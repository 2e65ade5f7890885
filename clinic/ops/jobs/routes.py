"""What runs in the background, and what failed there."""

from dataclasses import dataclass, field

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.errors import Unavailable
from clinic.exports import service as exports
from clinic.exports.queries import list_failed as list_failed_exports
from clinic.imports import service as imports
from clinic.imports.queries import list_failed as list_failed_imports
from clinic.ops.jobs import labels, service
from clinic.ops.jobs.queries import (
    SHOWN,
    FailedJob,
    QueueDepth,
    list_failed_jobs,
    list_queues,
    list_workers,
)
from clinic.ops.workers import WorkerSeen
from clinic.web import htmx
from clinic.web.security import actor

blueprint = Blueprint("jobs", __name__, url_prefix="/ops/jobs")


@dataclass(frozen=True)
class InRedis:
    """What Redis tells; `problem` when it does not answer."""

    queues: list[QueueDepth] = field(default_factory=list)
    workers: list[WorkerSeen] = field(default_factory=list)
    failed: list[FailedJob] = field(default_factory=list)
    problem: str | None = None


@blueprint.get("")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def index() -> Response:
    session, background = current_session(), _in_redis()
    rows = [
        *(labels.of_export(export) for export in list_failed_exports(session, limit=SHOWN)),
        *(labels.of_import(row) for row in list_failed_imports(session, limit=SHOWN)),
        *(labels.of_job(job) for job in background.failed),
    ]
    failures = sorted(rows, key=lambda failure: failure.at, reverse=True)
    return htmx.page(
        "ops/jobs/index.html",
        partial="ops/jobs/_background.html",
        background=background,
        failures=failures,
        queue_names=labels.QUEUES,
        queue_problems=labels.PROBLEMS,
    )


def _in_redis() -> InRedis:
    try:
        workers = list_workers()
        return InRedis(list_queues(current_session(), workers), workers, list_failed_jobs())
    except Unavailable as error:
        return InRedis(problem=error.message)


@blueprint.post("/<job_id>/retry")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def retry(job_id: str) -> BaseResponse:
    with transaction() as session:
        service.retry_job(session, job_id=job_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The job is tried again."))


@blueprint.post("/<job_id>/discard")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def discard(job_id: str) -> BaseResponse:
    with transaction() as session:
        service.discard_job(session, job_id=job_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The job was discarded."))


@blueprint.post("/exports/<int:number>/retry")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def retry_export(number: int) -> BaseResponse:
    with transaction() as session:
        exports.repeat_export(session, export_id=number, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The export is made again."))


@blueprint.post("/exports/<int:number>/discard")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def discard_export(number: int) -> BaseResponse:
    with transaction() as session:
        exports.discard_export(session, export_id=number, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The export was discarded."))


@blueprint.post("/imports/<int:number>/retry")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def retry_import(number: int) -> BaseResponse:
    with transaction() as session:
        imports.resume_import(session, import_id=number, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The import goes on."))


@blueprint.post("/imports/<int:number>/discard")
@requires("ops.jobs")
@reads_nothing("jobs by their number")
def discard_import(number: int) -> BaseResponse:
    with transaction() as session:
        imports.discard_import(session, import_id=number, actor=actor(), now=clock.now())
    return htmx.go(url_for("jobs.index"), toast=_("The import was discarded."))
