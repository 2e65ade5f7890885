"""Registering a patient and changing what is known of one."""

from flask import render_template

from clinic.auth.access import requires
from clinic.patients.blueprint import blueprint


@blueprint.get("/patients/new")
@requires("patients.edit")
def new() -> str:
    return render_template("patients/new.html")
