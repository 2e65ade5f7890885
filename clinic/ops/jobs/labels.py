"""Failed background work in plain language, whatever kind it is."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.exports import labels as exports
from clinic.exports.models import Export
from clinic.imports import labels as imports
from clinic.imports.models import Import
from clinic.ops.health import NO_WORKER, NOT_BEGUN
from clinic.ops.jobs.queries import FailedJob

QUEUES = {"default": _l("Short jobs"), "exports": _l("Exports"), "imports": _l("Imports")}
PROBLEMS = {
    NO_WORKER: _l("No worker of this queue was seen in the last minute. What waits is begun when it is back."),
    NOT_BEGUN: _l("Something has waited here for more than two minutes and is not begun."),
}
JOBS = {
    "clinic.queue.closing.jobs.close_past_days": _l("Closing days that were left open"),
    "clinic.exports.jobs.clean_up": _l("Deleting expired exports"),
    "clinic.auth.drafts.jobs.clean_up": _l("Deleting half-filled forms"),
    "clinic.patients.photo.jobs.clean_up": _l("Deleting photos that were taken back"),
    "clinic.documents.uploads.jobs.sweep": _l("Deleting uploads that were given up"),
    "clinic.patients.duplicates.jobs.match_waiting": _l("Comparing records"),
    "clinic.queue.phone.jobs.clean_up": _l("Deleting links of tickets"),
    "clinic.ops.upkeep.jobs.shorten_write_log": _l("Shortening the database's log of writes"),
    "clinic.imports.jobs.clean_up": _l("Deleting files of imports"),
}
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Failure:
    """One line of the screen. `link` shows the thing itself; `places` say where in the program it happened."""

    key: str
    name: str
    at: dt.datetime
    who: str | None
    reason: str
    request_id: str | None
    retry: str
    discard: str
    link: str | None = None
    places: list[str] = field(default_factory=list)


def of_export(export: Export) -> Failure:
    """A failed export."""
    return Failure(
        key=f"export-{export.id}",
        name=str(_("Export %(number)s: %(kind)s", number=export.id, kind=exports.KINDS[export.kind])),
        at=export.finished_at or export.requested_at,
        who=export.requested_by.display_name if export.requested_by else None,
        reason=_reason(exports.FAILURES, export.failure),
        request_id=export.request_id,
        retry=url_for("jobs.retry_export", number=export.id),
        discard=url_for("jobs.discard_export", number=export.id),
        link=url_for("exports.show", export_id=export.id),
    )


def of_import(row: Import) -> Failure:
    """A failed import."""
    return Failure(
        key=f"import-{row.id}",
        name=str(_("Import %(number)s: %(kind)s", number=row.id, kind=imports.KINDS[row.kind])),
        at=row.finished_at or row.requested_at,
        who=row.requested_by.display_name if row.requested_by else None,
        reason=_reason(imports.FAILURES, row.failure),
        request_id=None,
        retry=url_for("jobs.retry_import", number=row.id),
        discard=url_for("jobs.discard_import", number=row.id),
        link=url_for("imports.show", import_id=row.id),
    )


def of_job(job: FailedJob) -> Failure:
    """Any other failed job."""
    return Failure(
        key=f"job-{job.id}",
        name=str(JOBS.get(job.function, job.function)),
        at=job.failed_at or _LONG_AGO,
        who=None,
        reason=job.reason or str(_("The worker was lost.")),
        request_id=job.request_id,
        retry=url_for("jobs.retry", job_id=job.id),
        discard=url_for("jobs.discard", job_id=job.id),
        places=job.places,
    )


def _reason(words: dict[Any, Any], failure: Any) -> str:
    return str(words[failure]) if failure else str(_("The reason is not known."))
