"""Words for what an export is and how it stands."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from clinic.exports.datasets.registry import DATASETS
from clinic.exports.models import Export, ExportFailure, ExportFormat, ExportState
from clinic.web.filters import number

KINDS = {kind: dataset.label for kind, dataset in DATASETS.items()}
FORMATS = {ExportFormat.CSV: _l("CSV"), ExportFormat.XLSX: _l("Excel")}
STATES = {
    ExportState.QUEUED: _l("Waiting"),
    ExportState.RUNNING: _l("Running"),
    ExportState.FINISHED: _l("Ready"),
    ExportState.FAILED: _l("Failed"),
    ExportState.CANCELLED: _l("Cancelled"),
    ExportState.EXPIRED: _l("Deleted"),
}
TONES = {
    ExportState.QUEUED: "queued",
    ExportState.RUNNING: "running",
    ExportState.FINISHED: "finished",
    ExportState.FAILED: "failed",
    ExportState.CANCELLED: "",
    ExportState.EXPIRED: "",
}
FAILURES = {
    ExportFailure.WORKER_LOST: _l("No worker began it in time, or workers were lost again and again while making it."),
    ExportFailure.STORAGE_FULL: _l("The server's disk is full."),
    ExportFailure.UNAVAILABLE: _l("The database or the file storage did not answer."),
    ExportFailure.DAMAGED: _l("A sealed value does not open: it was altered, or its key is missing."),
    ExportFailure.DEFECT: _l("A defect in the program; its log tells more."),
}


def progress_words(export: Export) -> str:
    """Such as "12,000 of 1,000,000 rows, 90,000 a second, 11 s left"."""
    if export.rows_total is None:
        return str(_("Counting"))
    done = _("%(done)s of %(total)s rows", done=number(export.rows_done), total=number(export.rows_total))
    if not export.rate or export.seconds_left is None:
        return str(done)
    rate = _("%(rate)s a second", rate=number(round(export.rate)))
    return ", ".join((str(done), str(rate), time_left(export.seconds_left)))


def time_left(seconds: float) -> str:
    """Such as "40 s left" or "3 minutes left"."""
    if seconds < 90:
        return str(_("%(seconds)s s left", seconds=number(max(round(seconds), 1))))
    return str(ngettext("%(num)s minute left", "%(num)s minutes left", round(seconds / 60)))
