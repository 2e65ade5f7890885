"""Pairs of records that may be of one person: to merge, or to say that they are not."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.numbers import whole
from clinic.paging import FETCHED, Page, instant, page_after, read_cursor, read_key
from clinic.patients.blueprint import blueprint
from clinic.patients.duplicates import service
from clinic.patients.duplicates.models import DuplicatePair
from clinic.patients.duplicates.queries import list_dismissed_pairs, list_open_pairs
from clinic.patients.merging.models import PatientMerge
from clinic.patients.merging.queries import list_merges
from clinic.web import htmx, reading
from clinic.web.fields import choice_in_address
from clinic.web.security import actor

__all__ = ["blueprint"]

OPEN, DISMISSED, MERGED = "open", "dismissed", "merged"


@blueprint.get("/patients/duplicates")
@requires("patients.merge")
@reads("list")
def pairs() -> Response:
    context = _list(request.args)
    return htmx.page("patients/duplicates/pairs.html", partial="patients/duplicates/_pairs.html", **context)


@blueprint.post("/patients/duplicates/<int:pair_id>/dismiss")
@requires("patients.merge")
@reads("list")
def dismiss_pair(pair_id: int) -> BaseResponse:
    with transaction() as session:
        service.dismiss_pair(session, pair_id=pair_id, actor=actor(), now=clock.now())
    return _decided(_("Remembered: not the same person."), undo=url_for("patients.restore_pair", pair_id=pair_id))


@blueprint.post("/patients/duplicates/<int:pair_id>/restore")
@requires("patients.merge")
@reads("list")
def restore_pair(pair_id: int) -> BaseResponse:
    with transaction() as session:
        service.restore_pair(session, pair_id=pair_id, actor=actor(), now=clock.now())
    return _decided(_("The pair is in the list again."))


def _decided(message: str, undo: str | None = None) -> BaseResponse:
    """The fresh list with the way back, or the list without script."""
    show, after = request.form.get("show"), request.form.get("after")
    if not htmx.wants_partial():
        return htmx.go(url_for("patients.pairs", show=show or None, after=after or None), toast=message)
    context = _list(request.form)
    html = render_template("patients/duplicates/_pairs.html", **context)
    return make_response(
        html + render_template("patients/duplicates/_decided.html", message=message, undo=undo, **context)
    )


def _list(asked: Mapping[str, str]) -> dict[str, Any]:
    """One page of open pairs, dismissed pairs or merges; a bad cursor gives the first."""
    show, after = choice_in_address(asked, "show", (DISMISSED, MERGED), OPEN), asked.get("after")
    readers: dict[str, Callable[[str | None], Page[Any]]] = {OPEN: _open, DISMISSED: _dismissed, MERGED: _merged}
    page = readers[show](after)
    reading.shown(*(i for row in page.rows for i in row.patient_ids))
    return {"show": show, "page": page, "after": after or ""}


def _open(after: str | None) -> Page[DuplicatePair]:
    rows = list_open_pairs(current_session(), after=read_cursor(after, whole, whole), limit=FETCHED)
    return page_after(rows, lambda pair: (pair.points, pair.id))


def _dismissed(after: str | None) -> Page[DuplicatePair]:
    rows = list_dismissed_pairs(current_session(), after=read_cursor(after, instant, whole), limit=FETCHED)
    return page_after(rows, lambda pair: (pair.dismissed_at, pair.id))


def _merged(after: str | None) -> Page[PatientMerge]:
    rows = list_merges(current_session(), before=read_key(after), limit=FETCHED)
    return page_after(rows, lambda merge: (merge.id,))
