"""What a form made when it was sent before, in a word, and where it stands for those who may see it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from clinic.web import reading


@dataclass(frozen=True)
class Kept:
    """`url` is None for who may not see it; `files`: files were sent, which no form can show again."""

    words: str
    url: str | None
    files: bool


@dataclass(frozen=True)
class _Place:
    """A view and its arguments as names of columns; `text`: the column that says which one it is."""

    noun: Any
    endpoint: str
    arguments: dict[str, str]
    text: str | None = None


# By table: what every row made by a form is called, and where it is seen.
PLACES = {
    "announcements": _Place(_l("the announcement"), "notices.index", {}, "text"),
    "appointment_series": _Place(_l("the series"), "series.show", {"series_id": "id"}),
    "appointments": _Place(_l("the appointment"), "appointments.show", {"appointment_id": "id"}),
    "calendar_feeds": _Place(_l("the calendar address"), "feeds.index", {}),
    "departments": _Place(_l("the department"), "directory.index", {}, "name"),
    "displays": _Place(_l("the screen"), "displays.index", {}, "name"),
    "exports": _Place(_l("the export"), "exports.index", {}),
    "holidays": _Place(_l("the holiday"), "schedules.index", {}, "name"),
    "imports": _Place(_l("the import"), "imports.show", {"import_id": "id"}),
    "kiosks": _Place(_l("the kiosk"), "kiosks.index", {}, "name"),
    "patient_alerts": _Place(_l("the alert"), "patients.show", {"patient_id": "patient_id"}, "text"),
    "patient_merges": _Place(_l("the merged record"), "patients.show", {"patient_id": "survivor_id"}),
    "patient_photos": _Place(_l("the photo"), "patients.show", {"patient_id": "patient_id"}),
    "patients": _Place(_l("the patient"), "patients.show", {"patient_id": "id"}, "display_name"),
    "practitioners": _Place(_l("the practitioner"), "directory.practitioners.index", {}, "display_name"),
    "queue_entries": _Place(_l("the ticket"), "queue.show", {"entry_id": "id"}, "ticket"),
    "queue_events": _Place(_l("the call"), "queue.show", {"entry_id": "entry_id"}),
    "rooms": _Place(_l("the room"), "directory.index", {}, "name"),
    "services": _Place(_l("the service"), "directory.index", {}, "name"),
    "shift_notes": _Place(_l("the note"), "notes.show", {"note_id": "id"}, "text"),
    "time_off": _Place(_l("the exception of the schedule"), "schedules.index", {}),
    "uploads": _Place(_l("the documents"), "documents.index", {"patient_id": "patient_id"}),
    "waitlist_entries": _Place(_l("the place on the waitlist"), "waitlist.show", {"wait_id": "id"}),
}
TEXT_MAX = 120


def kept_of(row: Any) -> Kept:
    """What to say of a row to the person who is signed in."""
    place = PLACES[row.__tablename__]
    if not _may_see(place.endpoint):
        return Kept(_("something that you may not see"), None, bool(request.files))
    text = str(getattr(row, place.text) or "") if place.text else ""
    words = f"{place.noun}: {text[:TEXT_MAX]}" if text else str(place.noun)
    arguments = {name: getattr(row, column) for name, column in place.arguments.items()}
    if "patient_id" in arguments:
        reading.shown(arguments["patient_id"])
    return Kept(words, url_for(place.endpoint, **arguments), bool(request.files))


def _may_see(endpoint: str) -> bool:
    permission = getattr(current_app.view_functions[endpoint], "access", "")
    return bool(current_user.is_authenticated and permission and current_user.may(permission))
