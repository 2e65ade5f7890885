"""Who may do what: one table of permissions, and the marks every view carries.

A permission is "area.verb". `requires()` and `public()` say who may call a view, `reads()` and `reads_nothing()`
whether it shows patients. They only mark a view; web/security.py refuses one that lacks either.
"""

import enum
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Role(enum.StrEnum):
    RECEPTIONIST = "receptionist"
    NURSE = "nurse"
    PRACTITIONER = "practitioner"
    CASHIER = "cashier"
    MANAGER = "manager"
    ADMIN = "admin"


_EVERYONE = set(Role)
_FRONT = {Role.RECEPTIONIST, Role.NURSE, Role.MANAGER, Role.ADMIN}
_CARE = {Role.RECEPTIONIST, Role.NURSE, Role.PRACTITIONER, Role.MANAGER, Role.ADMIN}
_LEAD = {Role.MANAGER, Role.ADMIN}

PERMISSIONS: dict[str, set[Role]] = {
    "account.use": _EVERYONE,
    "patients.view": _EVERYONE,
    "patients.edit": _FRONT,
    "patients.alert": _CARE,
    "patients.import": _LEAD,
    "patients.merge": _LEAD,
    "appointments.view": _EVERYONE,
    "appointments.book": _CARE,
    "appointments.cancel": _CARE,
    "appointments.double_book": {Role.PRACTITIONER, Role.MANAGER, Role.ADMIN},
    "appointments.setup": _LEAD,
    "appointments.feeds": {Role.PRACTITIONER, Role.MANAGER, Role.ADMIN},
    "visits.view": _EVERYONE,
    "visits.end": _FRONT,
    "visits.check_out": _FRONT | {Role.CASHIER},
    "visits.close_day": _FRONT,
    "queue.view": _EVERYONE,
    "queue.join": _FRONT,
    "queue.call": _CARE | {Role.CASHIER},
    "queue.setup": _LEAD,
    "notes.view": _EVERYONE,
    "notes.write": _EVERYONE,
    "dashboard.view": _LEAD,
    "documents.view": _CARE,
    "documents.upload": _CARE,
    "documents.void": {Role.PRACTITIONER, Role.MANAGER, Role.ADMIN},
    "directory.view": _EVERYONE,
    "directory.edit": _LEAD,
    "exports.create": {Role.RECEPTIONIST, Role.MANAGER, Role.ADMIN},
    "exports.audit": _LEAD,
    "exports.manage": _LEAD,
    "ops.jobs": _LEAD,
    "audit.view": _LEAD,
    "clock.confirm": _LEAD,
}


def allows(roles: Iterable[str], permission: str) -> bool:
    """Whether any of `roles` holds `permission`. KeyError for a permission that is not in the table."""
    granted = PERMISSIONS[permission]
    return any(role in granted for role in roles)


def requires(permission: str) -> Callable[[View], View]:
    """Mark a view: only signed-in users holding `permission` may call it."""
    if permission not in PERMISSIONS:
        raise ValueError(f"Unknown permission {permission!r}")

    def mark(view: View) -> View:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return mark


def also_requires(find: Callable[..., Iterable[str]]) -> Callable[[View], View]:
    """Mark a view whose permission depends on what is asked of it: `find`, given what stands in the address, names
    further permissions that a user needs. Every view that takes back steps of several kinds carries it: a step is
    undone by whoever may take it."""

    def mark(view: View) -> View:
        view.also_requires = find  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """Mark a view that needs no sign-in, saying why that is safe."""

    def mark(view: View) -> View:
        view.public = why  # type: ignore[attr-defined]
        return view

    return mark


class Reads(enum.StrEnum):
    """What a view shows of patients: one record, a list or search of several, or nothing of any."""

    PATIENT = "patient"
    LIST = "list"
    NOTHING = "nothing"


def takes_files(view: View) -> View:
    """Mark a view whose requests may hold files; any other takes a form of FORM_BYTES at most, and no file."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def reads(what: str) -> Callable[[View], View]:
    """Mark a view that shows a "patient" or a "list": it names whom it shows, and the log keeps who looked.

    A list is any page where one request shows several patients, searches and boards included.
    """
    kind = Reads(what)
    if kind is Reads.NOTHING:
        raise ValueError("A view that shows no patient says why: reads_nothing().")

    def mark(view: View) -> View:
        view.reads = kind  # type: ignore[attr-defined]
        return view

    return mark


def reads_nothing(why: str) -> Callable[[View], View]:
    """Mark a view that shows nothing of any patient, saying what it shows instead."""
    if not why:
        raise ValueError("Say what the view shows instead.")

    def mark(view: View) -> View:
        view.reads, view.reads_instead = Reads.NOTHING, why  # type: ignore[attr-defined]
        return view

    return mark
