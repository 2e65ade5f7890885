"""The list of patients and the search boxes."""

from flask import Response

from clinic.auth.access import requires
from clinic.patients.blueprint import blueprint
from clinic.web import htmx

__all__ = ["blueprint"]


@blueprint.get("/patients")
@requires("patients.view")
def index() -> Response:
    return htmx.page("patients/index.html", partial="patients/_results.html")


@blueprint.post("/patients/search")
@requires("patients.view")
def search() -> Response:
    return htmx.page("patients/index.html", partial="patients/_results.html")
