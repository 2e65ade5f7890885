"""Words for what an import is and how it stands."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.exports.labels import time_left
from clinic.imports.models import Import, ImportFailure, ImportKind, ImportState
from clinic.web.filters import number

KINDS = {
    ImportKind.FHIR_PATIENTS: _l("Patients (FHIR)"),
    ImportKind.FHIR_PRACTITIONERS: _l("Practitioners (FHIR)"),
    ImportKind.CSV_PATIENTS: _l("Patients (CSV)"),
}
STATES = {
    ImportState.UPLOADED: _l("To be checked"),
    ImportState.QUEUED: _l("Waiting"),
    ImportState.RUNNING: _l("Running"),
    ImportState.FINISHED: _l("Finished"),
    ImportState.FAILED: _l("Failed"),
    ImportState.CANCELLED: _l("Cancelled"),
}
TONES = {
    ImportState.UPLOADED: "info",
    ImportState.QUEUED: "queued",
    ImportState.RUNNING: "running",
    ImportState.FINISHED: "finished",
    ImportState.FAILED: "failed",
    ImportState.CANCELLED: "",
}
FAILURES = {
    ImportFailure.WORKER_LOST: _l("No worker began it in time, or workers were lost again and again at the same row."),
    ImportFailure.UNAVAILABLE: _l("The database or the file storage did not answer."),
    ImportFailure.DAMAGED: _l("The stored file is damaged or gone. Upload it again: what is imported is recognised."),
    ImportFailure.DEFECT: _l("A defect in the program; its log tells more."),
}
DELIMITERS = {",": _l("Comma"), ";": _l("Semicolon"), "\t": _l("Tab"), "|": _l("Bar |")}
ENCODINGS = {"utf-8": _l("UTF-8"), "cp1252": _l("Windows (Latin 1)")}


def progress_words(row: Import) -> str:
    """Such as "12,000 rows, 900 a second, 40 s left"."""
    words = [str(_("%(done)s rows", done=number(row.rows_done)))]
    if row.rate:
        words.append(str(_("%(rate)s a second", rate=number(round(row.rate)))))
    if row.seconds_left is not None:
        words.append(time_left(row.seconds_left))
    return ", ".join(words)
