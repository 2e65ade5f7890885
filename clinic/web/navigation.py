"""The sections of the app a signed-in person may open."""

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user


@dataclass(frozen=True)
class Section:
    """One entry of the main menu; `key` follows `g` on the keyboard."""

    endpoint: str
    label: str
    icon: str
    permission: str
    key: str


SECTIONS = (
    Section("today.index", _l("Today"), "home", "visits.view", "t"),
    Section("patients.index", _l("Patients"), "users", "patients.view", "p"),
    Section("calendar.index", _l("Calendar"), "calendar", "appointments.view", "c"),
    Section("queue.index", _l("Queue"), "ticket", "queue.view", "q"),
    Section("dashboard.index", _l("Dashboard"), "chart", "dashboard.view", "b"),
    Section("exports.index", _l("Exports"), "download", "exports.create", "x"),
    Section("imports.index", _l("Imports"), "upload", "patients.import", "i"),
    Section("directory.index", _l("Directory"), "desk", "directory.edit", "d"),
    Section("audit.index", _l("Audit"), "shield", "audit.view", "a"),
    Section("jobs.index", _l("Jobs"), "refresh", "ops.jobs", "j"),
)


# Pages that belong to a section of another area: the tabs of a chart, the screens of the queue.
_INSIDE = {
    "appointments": "calendar",
    "booking": "calendar",
    "feeds": "calendar",
    "waitlist": "calendar",
    "documents": "patients",
    "uploads": "patients",
    "notes": "today",
    "displays": "queue",
    "schedules": "directory",
    "series": "calendar",
    "kiosks": "queue",
    "notices": "queue",
    "visits": "queue",
    "closing": "queue",
}


def _here() -> str:
    """The area of the section that this page is part of."""
    if request.endpoint in ("visits.history", "appointments.history"):
        return "patients"
    area = (request.endpoint or "").split(".")[0]
    return _INSIDE.get(area, area)


def sections() -> list[dict[str, object]]:
    """What this person sees in the menu: endpoint, label, icon, url, key, active."""
    if not current_user.is_authenticated:
        return []
    here = _here()
    return [
        {
            "endpoint": s.endpoint,
            "label": s.label,
            "icon": s.icon,
            "key": s.key,
            "url": url_for(s.endpoint),
            "active": s.endpoint.split(".")[0] == here,
        }
        for s in SECTIONS
        if current_user.may(s.permission) and s.endpoint in current_app.view_functions
    ]


def navigation_key() -> tuple[str, ...]:
    """All that the menu depends on: where this page is, and the roles of this person."""
    roles = current_user.user.roles if current_user.is_authenticated else ()
    return _here(), *sorted(roles)


def may_open(endpoint: str) -> bool:
    """Whether `endpoint` exists and this person may call it, by the view's own mark."""
    permission = getattr(current_app.view_functions.get(endpoint), "access", None)
    return permission is not None and current_user.is_authenticated and current_user.may(permission)


def install(app: Flask) -> None:
    """Offer `navigation()`, `navigation_key()` and `may_open(endpoint)` to every template."""
    app.add_template_global(may_open)
    app.add_template_global(navigation_key)
    app.add_template_global(sections, "navigation")
