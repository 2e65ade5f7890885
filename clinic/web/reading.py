"""Whom a view shows: named by the view with shown(), noted for the log after the answer is made.

A view marked `reads("patient")` or `reads("list")` names everybody it shows, wherever in it they are read; the patient
in its own address is named by itself. `shown()` without anybody says that a list was empty. Nothing here depends on
what the client says of itself: a page, a part of it, and a page that reads itself again are read all the same.

Outside production a view that answered without naming anybody, or that links to a patient it did not name, fails:
whoever writes it notices. In production the answer stands, the attempt is recorded, and the error is logged.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, Response, current_app, request

from clinic import clock
from clinic.audit.readings.flushing import Flusher
from clinic.audit.readings.gathering import WINDOW, Gatherer, Listing, Reader, Sight
from clinic.audit.service import Actor
from clinic.auth.access import Reads
from clinic.db import db
from clinic.tracing import request_id

HOUR = dt.timedelta(hours=1)
_NAMED = "clinic.reading"
# Statuses whose answer shows what was asked for: the thing itself, or the form again with what is wrong.
_SHOWING = {200, 201, 203, 206, 409, 422}
_LINKS = (b"/patients/", b"patient_id=")
_NUMBER = re.compile(rb"\d+")
log = structlog.get_logger("clinic.web")


class Unnamed(RuntimeError):
    """A view showed somebody whom it did not name."""


@dataclass
class _Named:
    """What one request's view said of its reading."""

    reader: Reader | None = None
    is_said: bool = False
    is_recorded: bool = False
    is_refused: bool = False
    patients: set[int] = field(default_factory=set)
    sights: list[tuple[str, str, int | None, int | None]] = field(default_factory=list)
    list_action: str = "patients.list"
    window: dt.timedelta = WINDOW

    @property
    def told(self) -> set[int | None]:
        """Whom things under actions of their own are about."""
        return {patient_id for _, _, _, patient_id in self.sights}


def _named() -> _Named:
    named: _Named = request.environ.setdefault(_NAMED, _Named())
    return named


def shown(*patient_ids: int | None) -> None:
    """Name whom the answer shows. None is a thing of nobody known, such as the ticket of a walk-in."""
    named = _named()
    named.is_said = True
    named.patients.update(i for i in patient_ids if i is not None)


def looked_at(action: str, entity: str, entity_id: int | None, patient_id: int | None = None) -> None:
    """Name one thing that the answer shows under an action of its own, such as a document of a patient."""
    named = _named()
    named.is_said = True
    named.sights.append((action, entity, entity_id, patient_id))


def recorded() -> None:
    """Say that the view wrote what was read to the log itself, before anything left."""
    _named().is_recorded = True


def refused() -> None:
    """Say that the answer, whatever its status, refuses something that exists."""
    _named().is_refused = True


def read_by(actor: Actor, action: str, *, window: dt.timedelta) -> None:
    """Say who reads a public view: noted once in each `window` and address, under `action`."""
    named = _named()
    named.reader = Reader(actor.actor_id, actor.actor_name, request.remote_addr)
    named.list_action, named.window = action, window


def note_user(actor: Actor) -> None:
    """Whose request this is; called by the gate."""
    _named().reader = Reader(actor.actor_id, actor.actor_name)


def user_id() -> int | None:
    """The number of the user whose request this is, if it is anybody's."""
    reader = _named().reader
    return reader.actor_id if reader else None


def gatherer() -> Gatherer:
    """What this process gathered and did not write yet."""
    found: Gatherer = current_app.extensions["clinic_readings"]
    return found


def _note(response: Response) -> Response:
    """After every view: note what was read or refused."""
    view, named = current_app.view_functions.get(request.endpoint or ""), _named()
    if view is None or request.endpoint == "static" or request.method == "HEAD":
        return response
    if response.status_code == 403 or named.is_refused:
        _note_refusal(named)
    elif response.status_code in _SHOWING:
        _note_shown(named, getattr(view, "reads", Reads.NOTHING), response)
    return response


def _note_refusal(named: _Named) -> None:
    if named.reader is None:
        return
    given = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)}
    patients = [given.pop("patient_id")] if "patient_id" in given else []
    gatherer().note_refusal(
        Listing(named.reader, "access.refuse", str(request.endpoint)),
        patients,
        [f"{name} {value}" for name, value in given.items()],
        now=clock.now(),
        request=request_id.get(),
    )


def _note_shown(named: _Named, kind: Reads, response: Response) -> None:
    if kind is Reads.NOTHING and not named.is_said:
        _check_links(named, response)
        return
    own = (request.view_args or {}).get("patient_id")
    if own is not None and kind is Reads.PATIENT:
        shown(own)
    _check_links(named, response)
    if response.status_code < 300 and not named.is_said and not named.is_recorded:
        _complain(f"{request.endpoint} is marked reads({kind.value!r}) and named nobody", named)
    if named.reader is None:
        return
    at: dict[str, Any] = {"now": clock.now(), "request": request_id.get()}
    reader, view = named.reader, str(request.endpoint)
    for action, entity, entity_id, patient_id in named.sights:
        gatherer().note(Sight(reader, action, view, entity, entity_id, patient_id), **at)
    if kind is Reads.PATIENT:
        for patient_id in named.patients - named.told:
            gatherer().note(Sight(reader, "patients.open", view, "patient", patient_id, patient_id), **at)
    elif named.patients:
        listing = Listing(reader, named.list_action, view)
        gatherer().note_list(listing, named.patients, **at, window=named.window)


def _check_links(named: _Named, response: Response) -> None:
    """Outside production: whoever the answer links to must have been named."""
    if current_app.config["CLINIC"].is_production or response.mimetype != "text/html" or response.is_streamed:
        return
    linked = _linked(response.get_data())
    if unnamed := linked - named.patients - named.told:
        _complain(f"{request.endpoint} links to patients it did not name: {sorted(unnamed)}", named)


def _linked(html: bytes) -> set[int]:
    """The patients that a page links to. Split, not searched: pages are large, and a developer's clinic is measured."""
    after = (rest for link in _LINKS for rest in html.split(link)[1:])
    return {int(found[0]) for rest in after if (found := _NUMBER.match(rest))}


def _complain(problem: str, named: _Named) -> None:
    if not current_app.config["CLINIC"].is_production:
        raise Unnamed(problem)
    log.error("a view did not name whom it showed", route=request.endpoint)
    if named.reader is not None:
        sight = Sight(named.reader, "access.unnamed", str(request.endpoint), "view", None)
        gatherer().note(sight, now=clock.now(), request=request_id.get())


def install(app: Flask) -> None:
    """Note every answer; write what was noted in the background, but in tests only when they say so."""
    readings = app.extensions["clinic_readings"] = Gatherer()
    app.after_request(_note)
    if not app.testing:
        with app.app_context():
            Flusher(readings, db.engine)
