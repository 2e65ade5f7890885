"""What moves with a merge, and what contradicts its undoing, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

# By table, those of higher areas too: names need no import. A table without a line here is named by itself.
TABLES = {
    "appointments": _l("appointments"),
    "coverages": _l("coverage"),
    "documents": _l("documents"),
    "import_origins": _l("source records of imports"),
    "patient_alerts": _l("alerts"),
    "patient_identifiers": _l("identifiers"),
    "patient_photos": _l("photos"),
    "patients": _l("records merged earlier"),
    "queue_entries": _l("tickets"),
    "uploads": _l("uploads"),
    "visits": _l("visits"),
    "waitlist_entries": _l("waitlist entries"),
}

# Rows that come with others, of which people need not hear.
_UNSAID = {"appointment_series", "import_origins", "uploads"}


def table_in_words(name: str) -> str:
    """What the rows of a table are called."""
    return str(TABLES.get(name) or name.replace("_", " "))


def rows_in_words(counts: dict[str, int]) -> str:
    """ "documents: 3, tickets: 1" for counts by "table.column"."""
    totals: dict[str, int] = {}
    for name, count in counts.items():
        if name.split(".")[0] in _UNSAID:
            continue
        table = table_in_words(name.split(".")[0])
        totals[table] = totals.get(table, 0) + count
    return ", ".join(str(_("%(what)s: %(count)s", what=what, count=count)) for what, count in sorted(totals.items()))
