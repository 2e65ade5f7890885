"""The audit log of a patient as people read it: what was done, and each changed field before and after."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.directory.models import Practitioner
from clinic.patients import labels
from clinic.patients.chart.queries import OPENINGS
from clinic.patients.merging.labels import rows_in_words
from clinic.web.filters import birth_date

ACTIONS = {
    "patients.register": _l("Registered"),
    "patients.update": _l("Changed"),
    "patients.open": _l("Opened the chart"),
    "patients.deactivate": _l("Deactivated"),
    "patients.reactivate": _l("Reactivated"),
    "patients.merge": _l("Another record was merged into this one"),
    "patients.merged_into": _l("Merged into another record"),
    "patients.unmerge": _l("A merge was undone: the other record stands by itself again"),
    "patients.unmerged": _l("Taken out of the other record again"),
    "patients.dismiss_pair": _l("Said to be another person than a similar record"),
    "patients.restore_pair": _l("Again possibly the same person as a similar record"),
    "patients.add_alert": _l("Alert added"),
    "patients.void_alert": _l("Alert voided"),
    "documents.upload": _l("Document added"),
    "documents.update": _l("Document changed"),
    "documents.void": _l("Document voided"),
    "documents.view": _l("Looked at a document"),
    "documents.download": _l("Downloaded a document"),
    "queue.join": _l("Checked in"),
    "queue.call": _l("Called"),
    "queue.recall": _l("Called again"),
    "queue.start": _l("Service started"),
    "queue.hold": _l("Put on hold"),
    "queue.transfer": _l("Transferred"),
    "queue.no_show": _l("Did not show up"),
    "queue.restore": _l("Back in the queue"),
    "queue.finish": _l("Service finished"),
    "queue.cancel": _l("Ticket cancelled"),
    "queue.resume": _l("Resumed"),
    "queue.close": _l("Closed at the end of the day"),
    "queue.leave": _l("Left without being seen"),
    "queue.withdraw": _l("Ticket taken back, given by mistake"),
    "queue.undo": _l("Last step undone"),
    "appointments.book": _l("Appointment booked"),
    "appointments.move": _l("Appointment moved"),
    "appointments.confirm": _l("Appointment confirmed"),
    "appointments.cancel": _l("Appointment cancelled"),
    "appointments.no_show": _l("Did not come to the appointment"),
    "appointments.restore": _l("Appointment brought back"),
    "appointments.note": _l("Note of an appointment changed"),
    "appointments.arrive": _l("Arrived for the appointment"),
    "appointments.start": _l("Appointment began"),
    "appointments.fulfil": _l("Appointment fulfilled"),
    "appointments.leave": _l("Left without being seen"),
    "appointments.miss": _l("Did not come when called"),
    "appointments.reopen": _l("Appointment: check-in taken back"),
    "appointments.undo": _l("Last step of an appointment undone"),
    "waitlist.join": _l("Put on the waitlist"),
    "waitlist.hold": _l("A time was held"),
    "waitlist.release": _l("The held time was released"),
    "waitlist.book": _l("The held time was booked"),
    "waitlist.withdraw": _l("Taken off the waitlist"),
    "waitlist.restore": _l("Back on the waitlist"),
    "visits.open": _l("Visit began"),
    "visits.waiting": _l("Visit: waiting"),
    "visits.in_progress": _l("Visit: being seen"),
    "visits.ready": _l("Visit: to check out"),
    "visits.finished": _l("Checked out"),
    "visits.left": _l("Visit: left without being seen"),
    "visits.cancelled": _l("Visit cancelled"),
    "visits.undone": _l("Check-in undone"),
    "visits.update": _l("Visit changed"),
}
# What was opened of a patient, by the part of the clinic that showed it; anything else is the chart.
OPENED = {
    "appointments": _l("Opened an appointment or their list"),
    "booking": _l("Opened the booking form"),
    "documents": _l("Opened the documents"),
    "queue": _l("Opened a ticket or the check-in"),
    "series": _l("Opened a series of appointments"),
    "slips": _l("Printed a slip"),
    "visits": _l("Opened a visit or their list"),
    "waitlist": _l("Opened the waitlist"),
}
# Openings of the same kind by the same person within this time are one line.
ONE_LOOK = dt.timedelta(minutes=10)
TONES = {
    "patients.merge": "info",
    "patients.unmerge": "info",
    "patients.deactivate": "warning",
    "patients.void_alert": "warning",
    "documents.void": "warning",
}
FIELDS = {
    "mrn": _l("MRN"),
    "family_name": _l("Family name"),
    "given_name": _l("Given name"),
    "prefix": _l("Title"),
    "suffix": _l("Suffix"),
    "other_names": _l("Other names"),
    "birth_date": _l("Birth date"),
    "birth_precision": _l("Birth date is known to the"),
    "sex": _l("Sex"),
    "is_deceased": _l("Died"),
    "deceased_on": _l("Died on"),
    "deceased_precision": _l("Day of death is known to the"),
    "language": _l("Language"),
    "telecoms": _l("Phones and e-mail"),
    "addresses": _l("Addresses"),
    "contacts": _l("Contacts"),
    "extra": _l("Further data"),
    "notes": _l("Notes"),
    "consent_to_contact": _l("Consent to be contacted"),
    "consent_to_share": _l("Consent to share the record"),
    "hide_name": _l("Name never shown in the waiting room"),
    "practitioner_id": _l("Practitioner"),
    "identifiers": _l("Identifiers"),
    "coverages": _l("Coverage"),
    "is_active": _l("Active"),
    "reason": _l("Reason"),
    "text": _l("Text"),
    "level": _l("Level"),
    "ticket": _l("Ticket"),
    "merged_mrn": _l("The other record"),
    "survivor_mrn": _l("The record that is kept"),
    "moved": _l("Moved here"),
}
PRECISIONS = {"day": _l("day"), "month": _l("month"), "year": _l("year"), "estimated": _l("year, estimated")}


@dataclass(frozen=True)
class Happening:
    """One entry in words; `changes` holds (field, before, after)."""

    title: str
    who: str
    at: dt.datetime
    tone: str
    changes: list[tuple[str, str, str]]


def describe_all(session: Session, entries: Sequence[AuditEntry]) -> list[Happening]:
    """The entries in words, newest first as given; practitioners by name in one query.

    What somebody opened again and again, or in several parts, is one line: the first of the entries given.
    """
    ids = {value for e in entries for state in (e.before, e.after) if (value := (state or {}).get("practitioner_id"))}
    query = select(Practitioner.id, Practitioner.display_name).where(Practitioner.id.in_(ids))
    names = {row.id: row.display_name for row in session.execute(query)} if ids else {}
    happenings: list[Happening] = []
    for entry in entries:
        found, last = _describe(entry, names), happenings[-1] if happenings else None
        is_same = last is not None and (last.title, last.who) == (found.title, found.who)
        if entry.action not in OPENINGS or not is_same or abs(last.at - found.at) > ONE_LOOK:  # type: ignore[union-attr]
            happenings.append(found)
    return happenings


def field_labels(names: set[str]) -> list[str]:
    """The fields in words, in the order of the form."""
    return [str(label) for name, label in FIELDS.items() if name in names]


def _describe(entry: AuditEntry, practitioners: dict[int, str]) -> Happening:
    before, after = entry.before or {}, entry.after or {}
    # Other areas keep numbers of rows and states beside what can be read.
    names = {name for name in (*before, *after) if name in FIELDS}
    for day, precision in (("birth_date", "birth_precision"), ("deceased_on", "deceased_precision")):
        if day in names:
            before, after = _as_known(before, day, precision), _as_known(after, day, precision)
            names.discard(precision)
    changes = [
        (
            str(FIELDS[name]),
            value_in_words(name, before.get(name), practitioners),
            value_in_words(name, after.get(name), practitioners),
        )
        for name in sorted(names, key=list(FIELDS).index)
    ]
    title = str(ACTIONS.get(entry.action) or entry.action.replace(".", ": ").replace("_", " ").capitalize())
    if entry.action == "patients.open":
        title = str(OPENED.get(str(after.get("view", "")).partition(".")[0], title))
    tone = "" if entry.action in OPENINGS else TONES.get(entry.action, "accent")
    return Happening(title, entry.actor_name, entry.at, tone, changes)


def _as_known(state: dict[str, Any], day: str, precision: str) -> dict[str, Any]:
    """The date as far as it is known, in words."""
    if not state.get(day):
        return state
    return state | {day: birth_date(dt.date.fromisoformat(state[day]), state.get(precision, "day"))}


def value_in_words(name: str, value: Any, practitioners: dict[int, str]) -> str:
    """One field's value in words."""
    if value in (None, "", [], {}):
        return ""
    if name == "practitioner_id":
        return practitioners.get(value, str(value))
    if name == "language":
        return labels.language_name(value)
    if name == "moved":
        return rows_in_words(value)
    if name in _WORDS:
        return str(_WORDS[name].get(value, value))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if name.endswith(("_date", "_on")):
        return _date(value)
    if isinstance(value, list):
        return "; ".join(_item(name, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')}: {item}" for key, item in value.items())
    return str(value)


_WORDS: dict[str, dict[Any, Any]] = {
    "sex": labels.SEXES,
    "birth_precision": PRECISIONS,
    "deceased_precision": PRECISIONS,
    "level": labels.ALERT_LEVELS,
    "consent_to_contact": labels.CONSENTS,
    "consent_to_share": labels.CONSENTS,
}


# Of identifiers and coverages.
_ORDER = ("kind", "value", "issuer", "payer", "plan", "member_number", "valid_from", "valid_until")


def _item(name: str, item: Any) -> str:
    """One phone, address, contact, name, identifier or coverage."""
    if not isinstance(item, dict):
        return str(item)
    if name == "telecoms":
        return str(item.get("typed") or item["value"])
    if name == "addresses":
        return labels.address(item)
    if name == "other_names":
        return labels.other_name(item)
    if name == "contacts":
        return ", ".join(str(item[key]) for key in ("name", "relationship", "phone") if item.get(key))
    words = dict(item, kind=labels.identifier_kind(item.get("kind", "")))
    words |= {key: _date(item[key]) for key in ("valid_from", "valid_until") if item.get(key)}
    return " ".join(str(words[key]) for key in _ORDER if words.get(key))


def _date(value: str) -> str:
    try:
        return str(format_date(dt.date.fromisoformat(value), "medium"))
    except ValueError:
        return value
