"""The list of patients and the search box. What people type is sent in the body: it never stands in an address."""

from urllib.parse import parse_qsl, urlsplit

from flask import Response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session
from clinic.paging import PAGE_SIZE
from clinic.patients.blueprint import blueprint
from clinic.patients.listing.page import read_listing
from clinic.patients.search.page import patient_ids, read_results, read_text
from clinic.patients.search.queries import find_exact
from clinic.web import htmx, reading

__all__ = ["blueprint"]

SUGGESTIONS = 8


@blueprint.get("/patients")
@requires("patients.view")
@reads("list")
def index() -> Response:
    response = _list(request.args)
    # A filter form sends its empty fields too: the address bar shows only those that are set.
    chosen = {name: value for name, value in request.args.items() if value}
    response.headers["HX-Push-Url"] = url_for("patients.index", **chosen)  # type: ignore[arg-type]
    return response


@blueprint.post("/patients/search")
@requires("patients.view")
@reads("list")
def search() -> BaseResponse:
    """Results in place of the list. Sent with Enter (`typing` is not set), a text that means one patient, such as the
    MRN on a card, opens the chart."""
    session, form = current_session(), request.form
    text = read_text(form.get("q", ""))
    if not text.typed:
        return _list(_shown_address()) if htmx.wants_partial() else redirect(url_for("patients.index"), 303)
    sent = not form.get("typing")
    if sent and (patient_id := find_exact(session, text)):
        return htmx.go(url_for("patients.show", patient_id=patient_id))
    results = read_results(session, text, PAGE_SIZE, form.get("after"))
    reading.shown(*patient_ids(results))
    if sent and results.is_certain:
        return htmx.go(url_for("patients.show", patient_id=results.lines[0].id))
    return htmx.page("patients/search.html", partial="patients/_found.html", results=results)


@blueprint.get("/patients/search")
@requires("patients.view")
@reads_nothing("it only leads on")
def search_again() -> BaseResponse:
    """The address of results, reloaded or shared, holds no text: it gives the list."""
    return redirect(url_for("patients.index"), 303)


@blueprint.post("/patients/suggest")
@requires("patients.view")
@reads("list")
def suggest() -> str:
    """The best matches below the search box."""
    text = read_text(request.form.get("q", ""))
    results = read_results(current_session(), text, SUGGESTIONS) if text.typed else None
    reading.shown(*patient_ids(results))
    return render_template("patients/_suggestions.html", results=results)


def _list(args: MultiDict[str, str]) -> Response:
    listing, is_valid = read_listing(current_session(), args)
    reading.shown(*(line.id for line in listing.lines))
    status = 200 if is_valid else 422
    return htmx.page("patients/index.html", partial="patients/_results.html", status=status, listing=listing)


def _shown_address() -> MultiDict[str, str]:
    """The filters in the address of the page that asked."""
    return MultiDict(parse_qsl(urlsplit(request.headers.get("HX-Current-URL", "")).query))
